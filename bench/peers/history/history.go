// Package history reads what a pod is placed by, for both Go webhooks: the data of the history's ConfigMap.
package history

import (
	"encoding/json"
	"os"
	"sort"
	"strings"
	"time"
)

const warmPrefix = "_warm."

// Weights of the preferred terms, the newest node first, as Hookrunner has them by default.
var Weights = []int32{100, 95, 90, 85, 80, 75, 70, 65}

// Read returns the warm nodes of each key, the newest first. The file is the ConfigMap's data as one JSON object.
func Read(path string) (map[string][]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var data map[string]string
	if err := json.Unmarshal(text, &data); err != nil {
		return nil, err
	}
	nodes := map[string][]string{}
	for name, value := range data {
		if !strings.HasPrefix(name, warmPrefix) {
			continue
		}
		var times map[string]time.Time
		if err := json.Unmarshal([]byte(value), &times); err != nil {
			return nil, err
		}
		nodes[strings.TrimPrefix(name, warmPrefix)] = newestFirst(times)
	}
	return nodes, nil
}

func newestFirst(times map[string]time.Time) []string {
	nodes := make([]string, 0, len(times))
	for node := range times {
		nodes = append(nodes, node)
	}
	sort.Slice(nodes, func(a, b int) bool { return times[nodes[a]].After(times[nodes[b]]) })
	return nodes[:min(len(nodes), len(Weights))]
}
