package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"time"
)

// goClient is net/http's client as the API server sets it up for webhooks (k8s.io/client-go, transport cache): many
// idle connections, kept for 90 s. HTTP/2 only to a webhook on loopback (k8s.io/apiserver, util/webhook/client.go).
func goClient(settings *tls.Config, http2 bool) *http.Client {
	transport := &http.Transport{
		TLSClientConfig:     settings,
		MaxIdleConnsPerHost: 1024,
		IdleConnTimeout:     90 * time.Second,
		ForceAttemptHTTP2:   http2,
	}
	if !http2 {
		transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	return &http.Client{Transport: transport, Timeout: patience}
}

// goPoster posts through a client of its own, so that each worker is one connection, and a gap is a gap of that one.
type goPoster struct {
	client *http.Client
	url    string
	body   []byte
	expect int
}

func (p *goPoster) post() error {
	response, err := p.client.Post(p.url, "application/json", bytes.NewReader(p.body))
	if err != nil {
		return errors.Unwrap(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != p.expect {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	return nil
}

func tlsSettings(authority, certificate, key string) (*tls.Config, error) {
	settings := &tls.Config{}
	if authority != "" {
		pem, err := os.ReadFile(authority)
		if err != nil {
			return nil, err
		}
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", authority)
		}
	}
	if certificate != "" {
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			return nil, err
		}
		settings.Certificates = []tls.Certificate{pair}
	}
	return settings, nil
}

func mustURL(text string) *url.URL {
	parsed, err := url.Parse(text)
	if err != nil {
		log.Fatal(err)
	}
	return parsed
}
