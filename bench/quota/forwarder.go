package main

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
)

// forwarder is what somebody writes who thinks of no limits: it passes each
// call on with the person's token, and each answer back.
type forwarder struct {
	url    string
	server *http.Server
}

// person names whose token a call gets; in a real one, a cookie does.
const personHeader = "X-Person"

// newForwarder calls Zapier from the address.
func newForwarder(zapier, from string, tokens map[string]string) (*forwarder, error) {
	target, err := url.Parse(zapier)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.Header.Set("Authorization", "Bearer "+tokens[p.In.Header.Get(personHeader)])
		},
		Transport: callingFrom(from),
		ErrorLog:  log.New(io.Discard, "", 0), // people leave when everything ends
	}
	f := &forwarder{url: "http://" + listener.Addr().String(), server: &http.Server{Handler: proxy}}
	go func() { _ = f.server.Serve(listener) }() // it ends when it is closed
	return f, nil
}

func (f *forwarder) close() { _ = f.server.Close() }

// callingFrom makes connections from an address of this machine.
func callingFrom(address string) *http.Transport {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	return &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 200}
}
