// Load posts the same body again and again over connections that are kept alive, and prints as JSON how long the
// answers took and what failed. Two clients: raw, which costs next to nothing, so that the server is what is measured,
// and go, the client that the API server has, which shows what an API server would see of a server that hangs up.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"os"
	"strings"
	"sync"
	"time"

	"bench/peers/usage"
)

func main() {
	target := flag.String("url", "", "where to post")
	body := flag.String("body", "", "file with the body")
	client := flag.String("client", "raw", "raw, go or go-h2")
	authority := flag.String("authority", "", "PEM of the authority to trust")
	certificate := flag.String("certificate", "", "PEM of a client certificate")
	key := flag.String("key", "", "PEM of its key")
	expect := flag.Int("expect", 200, "the status that counts as success")
	plan := plan{}
	flag.IntVar(&plan.connections, "connections", 1, "connections at once")
	flag.IntVar(&plan.requests, "requests", 1000, "requests in all")
	flag.IntVar(&plan.warmup, "warmup", 0, "requests on each connection before these, not counted")
	flag.IntVar(&plan.burst, "burst", 0, "requests of one connection before it rests; 0: it never does")
	flag.DurationVar(&plan.gapMin, "gap-min", 4*time.Second, "the shortest rest")
	flag.DurationVar(&plan.gapMax, "gap-max", 6*time.Second, "the longest")
	flag.Func("gap-near", "a time-out, again for another: nine of ten rests are near to one of them", plan.near)
	flag.BoolVar(&plan.each, "each", false, "print the latency of each request too")
	flag.Parse()

	content, err := os.ReadFile(*body)
	if err != nil {
		log.Fatal(err)
	}
	settings, err := tlsSettings(*authority, *certificate, *key)
	if err != nil {
		log.Fatal(err)
	}
	open := func() poster { return &rawPoster{url: mustURL(*target), body: content, tls: settings, expect: *expect} }
	if *client != "raw" {
		open = func() poster {
			own := goClient(settings.Clone(), *client == "go-h2")
			return &goPoster{client: own, url: *target, body: content, expect: *expect}
		}
	}
	result := run(plan, open)
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		log.Fatal(err)
	}
}

// poster posts once over its own connection, which it opens anew after a failure.
type poster interface{ post() error }

type plan struct {
	connections, requests, warmup, burst int
	gapMin, gapMax                       time.Duration
	gapsNear                             []time.Duration
	each                                 bool
}

// result is what is printed. Rests are the gaps that connections made. Latencies are of successes, in microseconds:
// percentiles 0 to 100, then 99.9; and all of them, the shortest first, if the plan says so.
type result struct {
	Requests    int            `json:"requests"`
	Rests       int            `json:"rests"`
	Failures    map[string]int `json:"failures"`
	Seconds     float64        `json:"seconds"`
	CPUSeconds  float64        `json:"cpu_seconds"`
	Percentiles []float64      `json:"percentiles_us"`
	Each        []int64        `json:"each_us,omitempty"`
}

func run(plan plan, open func() poster) result {
	workers := make([]*worker, plan.connections)
	for i := range workers {
		share := plan.requests / plan.connections
		if i < plan.requests%plan.connections {
			share++
		}
		workers[i] = &worker{poster: open(), plan: plan, requests: share, failures: map[string]int{}}
	}
	each(workers, (*worker).warm)
	started, before := time.Now(), usage.CPU()
	each(workers, (*worker).work)
	return collect(workers, time.Since(started), usage.CPU()-before, plan.each)
}

func each(workers []*worker, do func(*worker)) {
	var all sync.WaitGroup
	for _, one := range workers {
		all.Add(1)
		go func() {
			defer all.Done()
			do(one)
		}()
	}
	all.Wait()
}

// reason is an error without what differs from one connection to the next.
func reason(err error) string {
	words := strings.Fields(err.Error())
	kept := words[:0]
	for _, word := range words {
		if !strings.Contains(word, "127.0.0.1:") {
			kept = append(kept, word)
		}
	}
	return strings.Join(kept, " ")
}
