package serve

import (
	"io"
	"net/http"
	"sync"
)

// Body reads a request's body, and passes it on to what answers it.
type Body func(request *http.Request, answer Answer) ([]byte, error)

// All is a Body as one writes it: a buffer that grows with what comes.
func All(request *http.Request, answer Answer) ([]byte, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	return answer(body)
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// Pooled reads as much as Content-Length says into a buffer that is used again: what answers must not keep any of it.
func Pooled(request *http.Request, answer Answer) ([]byte, error) {
	if request.ContentLength < 0 {
		return All(request, answer)
	}
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	if int64(cap(*buffer)) < request.ContentLength {
		*buffer = make([]byte, request.ContentLength)
	}
	body := (*buffer)[:request.ContentLength]
	if _, err := io.ReadFull(request.Body, body); err != nil {
		return nil, err
	}
	return answer(body)
}
