// Package serve is what both Go webhooks have around their one function: flags, HTTP or TLS, and a stop watch.
package serve

import (
	"crypto/tls"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"

	"bench/peers/history"
	"bench/peers/usage"
)

// Answer makes the body of the answer to one review.
type Answer func(body []byte) ([]byte, error)

// Main serves what make returns for a history, or times it on one review and prints CPU nanoseconds for each.
func Main(body Body, make func(nodes map[string][]string) Answer) {
	listen := flag.String("listen", "127.0.0.1:8080", "address")
	file := flag.String("history", "", "the ConfigMap's data as a JSON object")
	certificate := flag.String("certificate", "", "PEM; TLS if given")
	key := flag.String("key", "", "PEM")
	review := flag.String("review", "", "time the answer to this file, and end")
	count := flag.Int("count", 1000, "how many times")
	flag.Parse()

	nodes, err := history.Read(*file)
	if err != nil {
		log.Fatal(err)
	}
	answer := make(nodes)
	if *review != "" {
		measure(answer, *review, *count)
		return
	}
	server := &http.Server{Addr: *listen, Handler: handler(body, answer)}
	// The API server speaks HTTP/1.1 to a webhook that is not on loopback; so here too.
	server.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
	if *certificate != "" {
		log.Fatal(server.ListenAndServeTLS(*certificate, *key))
	}
	log.Fatal(server.ListenAndServe())
}

func handler(body Body, answer Answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		response, err := body(r, answer)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		// net/http sets it itself for answers under 2 KB only, and the raw client of our load reads no chunks.
		w.Header().Set("Content-Length", strconv.Itoa(len(response)))
		if _, err := w.Write(response); err != nil {
			log.Print(err)
		}
	})
}

func measure(answer Answer, path string, count int) {
	body, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	repeat(answer, body, count/10+1)
	before := usage.CPU()
	repeat(answer, body, count)
	fmt.Println((usage.CPU() - before).Nanoseconds() / int64(count))
}

func repeat(answer Answer, body []byte, count int) {
	for range count {
		if _, err := answer(body); err != nil {
			log.Fatal(err)
		}
	}
}
