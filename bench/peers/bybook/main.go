// Bybook is the webhook as one writes it in Go by the book, that is as the example that the Kubernetes documentation
// names ("Write an admission webhook server"): the types of k8s.io/api, decoded by the universal deserializer, a map,
// a JSON Patch. With -decoder=json it decodes with encoding/json alone, which is faster and checks less.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"strings"

	admission "k8s.io/api/admission/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"

	"bench/peers/history"
	"bench/peers/serve"
)

const (
	runnerLabel  = "gitlab.com/runner-id"
	volumePrefix = "runner-cache"
	preferred    = "preferredDuringSchedulingIgnoredDuringExecution"
)

type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

type decode func(body []byte, into runtime.Object) error

func main() {
	decoder := flag.String("decoder", "universal", "universal or json")
	serve.Main(serve.All, func(nodes map[string][]string) serve.Answer {
		decode := universal()
		if *decoder == "json" {
			decode = func(body []byte, into runtime.Object) error { return json.Unmarshal(body, into) }
		}
		return func(body []byte) ([]byte, error) { return answer(body, decode, nodes) }
	})
}

func universal() decode {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{admission.AddToScheme, core.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	deserializer := serializer.NewCodecFactory(scheme).UniversalDeserializer()
	return func(body []byte, into runtime.Object) error {
		_, _, err := deserializer.Decode(body, nil, into)
		return err
	}
}

func answer(body []byte, decode decode, nodes map[string][]string) ([]byte, error) {
	var review admission.AdmissionReview
	if err := decode(body, &review); err != nil {
		return nil, err
	}
	if review.Request == nil {
		return nil, errors.New("no request")
	}
	response := &admission.AdmissionResponse{UID: review.Request.UID, Allowed: true}
	var pod core.Pod
	if err := decode(review.Request.Object.Raw, &pod); err != nil {
		return nil, err
	}
	if operations := patch(&pod, nodes[pod.Labels[runnerLabel]]); operations != nil {
		encoded, err := json.Marshal(operations)
		if err != nil {
			return nil, err
		}
		kind := admission.PatchTypeJSONPatch
		response.Patch, response.PatchType = encoded, &kind
	}
	return json.Marshal(admission.AdmissionReview{TypeMeta: review.TypeMeta, Response: response})
}

func patch(pod *core.Pod, nodes []string) []operation {
	if len(nodes) == 0 || pod.Spec.NodeName != "" || !hasCache(pod) {
		return nil
	}
	terms := make([]core.PreferredSchedulingTerm, len(nodes))
	for i, node := range nodes {
		terms[i] = term(node, history.Weights[i])
	}
	affinity := pod.Spec.Affinity
	switch {
	case affinity == nil:
		return add("/spec/affinity", map[string]any{"nodeAffinity": map[string]any{preferred: terms}})
	case affinity.NodeAffinity == nil:
		return add("/spec/affinity/nodeAffinity", map[string]any{preferred: terms})
	case affinity.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution == nil:
		return add("/spec/affinity/nodeAffinity/"+preferred, terms)
	}
	var operations []operation
	for _, term := range terms {
		operations = append(operations, add("/spec/affinity/nodeAffinity/"+preferred+"/-", term)...)
	}
	return operations
}

func hasCache(pod *core.Pod) bool {
	for _, volume := range pod.Spec.Volumes {
		if strings.HasPrefix(volume.Name, volumePrefix) && volume.Secret == nil && volume.ConfigMap == nil {
			return true
		}
	}
	return false
}

func term(node string, weight int32) core.PreferredSchedulingTerm {
	requirement := core.NodeSelectorRequirement{Key: "metadata.name", Operator: core.NodeSelectorOpIn, Values: []string{node}}
	selector := core.NodeSelectorTerm{MatchFields: []core.NodeSelectorRequirement{requirement}}
	return core.PreferredSchedulingTerm{Weight: weight, Preference: selector}
}

func add(path string, value any) []operation {
	return []operation{{Op: "add", Path: path, Value: value}}
}
