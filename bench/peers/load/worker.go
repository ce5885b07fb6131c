package main

import (
	"math/rand/v2"
	"slices"
	"time"
)

// worker is one connection: its share of the requests, one after the other.
type worker struct {
	poster    poster
	plan      plan
	requests  int
	rests     int
	latencies []time.Duration
	failures  map[string]int
}

func (w *worker) warm() {
	for range w.plan.warmup {
		if err := w.poster.post(); err != nil {
			return // the counted requests will say so
		}
	}
}

func (w *worker) work() {
	w.latencies = make([]time.Duration, 0, w.requests)
	for i := range w.requests {
		if w.plan.burst > 0 && i > 0 && i%w.plan.burst == 0 {
			w.rests++
			time.Sleep(w.plan.gap())
		}
		started := time.Now()
		if err := w.poster.post(); err != nil {
			w.failures[reason(err)]++
			continue
		}
		w.latencies = append(w.latencies, time.Since(started))
	}
}

// spread is the standard deviation of rests around a time-out: a call is lost within less than a millisecond only, and
// that lies a few of them after it.
const spread = 3 * time.Millisecond

func (p *plan) near(text string) error {
	one, err := time.ParseDuration(text)
	p.gapsNear = append(p.gapsNear, one)
	return err
}

func (p *plan) gap() time.Duration {
	if len(p.gapsNear) > 0 && rand.N(10) > 0 {
		near := p.gapsNear[rand.N(len(p.gapsNear))]
		return near + time.Duration(rand.NormFloat64()*float64(spread))
	}
	return p.gapMin + rand.N(p.gapMax-p.gapMin+1)
}

func collect(workers []*worker, took, used time.Duration, each bool) result {
	all := result{Failures: map[string]int{}, Seconds: took.Seconds(), CPUSeconds: used.Seconds()}
	var latencies []time.Duration
	for _, one := range workers {
		all.Requests += one.requests
		all.Rests += one.rests
		latencies = append(latencies, one.latencies...)
		for reason, count := range one.failures {
			all.Failures[reason] += count
		}
	}
	slices.Sort(latencies)
	all.Percentiles = percentiles(latencies)
	if each {
		all.Each = microseconds(latencies)
	}
	return all
}

func percentiles(sorted []time.Duration) []float64 {
	found := make([]float64, 0, 102)
	if len(sorted) == 0 {
		return found
	}
	at := func(share float64) float64 {
		return float64(sorted[int(share*float64(len(sorted)-1))]) / float64(time.Microsecond)
	}
	for percent := range 101 {
		found = append(found, at(float64(percent)/100))
	}
	return append(found, at(0.999))
}

func microseconds(latencies []time.Duration) []int64 {
	found := make([]int64, len(latencies))
	for i, one := range latencies {
		found[i] = one.Microseconds()
	}
	return found
}
