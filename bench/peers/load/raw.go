package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"
)

const patience = 30 * time.Second

var errNoHTTP = errors.New("no HTTP answer")

// rawPoster writes one prepared request and reads of the answer its status and its length.
type rawPoster struct {
	url    *url.URL
	body   []byte
	tls    *tls.Config
	expect int

	request    []byte
	connection net.Conn
	reader     *bufio.Reader
}

func (p *rawPoster) post() error {
	if p.connection == nil {
		if err := p.open(); err != nil {
			return err
		}
	}
	status, err := p.exchange()
	if err == nil && status != p.expect {
		err = fmt.Errorf("status %d", status)
	}
	if err != nil && p.connection != nil {
		return errors.Join(err, p.hangUp())
	}
	return err
}

func (p *rawPoster) open() error {
	connection, err := net.DialTimeout("tcp", p.url.Host, patience)
	if err != nil {
		return err
	}
	if p.url.Scheme == "https" {
		settings := p.tls.Clone()
		settings.ServerName = p.url.Hostname()
		connection = tls.Client(connection, settings)
	}
	p.connection, p.reader = connection, bufio.NewReader(connection)
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: kube-apiserver-admission\r\nContent-Length: %d\r\n"+
		"Accept: application/json, */*\r\nContent-Type: application/json\r\n\r\n", p.url.RequestURI(), p.url.Host, len(p.body))
	p.request = append([]byte(head), p.body...)
	return nil
}

func (p *rawPoster) exchange() (int, error) {
	if err := p.connection.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	if _, err := p.connection.Write(p.request); err != nil {
		return 0, err
	}
	answer, err := p.head()
	if err != nil {
		return 0, err
	}
	if _, err = p.reader.Discard(answer.length); err == nil && answer.closes {
		err = p.hangUp()
	}
	return answer.status, err
}

func (p *rawPoster) hangUp() error {
	err := p.connection.Close()
	p.connection = nil
	return err
}

// head is what is read of an answer. One without a Content-Length is an error.
type head struct {
	status, length int
	closes         bool
}

func (p *rawPoster) head() (head, error) {
	first, err := p.line()
	if err != nil || len(first) < 12 {
		return head{}, errors.Join(err, errNoHTTP)
	}
	found := head{length: -1}
	if found.status, err = strconv.Atoi(string(first[9:12])); err != nil {
		return head{}, err
	}
	for {
		line, err := p.line()
		if err != nil {
			return head{}, err
		}
		if len(line) == 0 && found.length < 0 {
			return head{}, errors.New("an answer without Content-Length")
		}
		if len(line) == 0 {
			return found, nil
		}
		if err := found.take(line); err != nil {
			return head{}, err
		}
	}
}

func (h *head) take(line []byte) (err error) {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimSpace(value)
	switch {
	case bytes.EqualFold(name, []byte("content-length")):
		h.length, err = strconv.Atoi(string(value))
	case bytes.EqualFold(name, []byte("connection")):
		h.closes = bytes.EqualFold(value, []byte("close"))
	}
	return err
}

func (p *rawPoster) line() ([]byte, error) {
	line, err := p.reader.ReadSlice('\n')
	return bytes.TrimRight(line, "\r\n"), err
}
