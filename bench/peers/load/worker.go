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
			time.Sleep(w.plan.gapMin + rand.N(w.plan.gapMax-w.plan.gapMin+1))
		}
		started := time.Now()
		if err := w.poster.post(); err != nil {
			w.failures[reason(err)]++
			continue
		}
		w.latencies = append(w.latencies, time.Since(started))
	}
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
