package cache

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/zapembed/zapembed/internal/zapier"
)

// maxAnswer is the longest answer that is read: more is nothing that anybody of ours takes.
const maxAnswer = zapier.MaxProxyAnswer + 1

// answer is what Zapier said, and when it was asked.
type answer struct {
	Status int       `json:"status"`
	Kind   string    `json:"kind"`
	Asked  time.Time `json:"asked"`
	Body   []byte    `json:"body"`
	// Header are those of an answer that has just come.
	Header http.Header `json:"-"`
}

// String hides what may be somebody's.
func (a answer) String() string { return "answer " + strconv.Itoa(a.Status) }

// GoString is String, for %#v.
func (a answer) GoString() string { return a.String() }

func readAnswer(resp *http.Response, asked time.Time) (answer, error) {
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return answer{}, err
	}
	return answer{
		Status: resp.StatusCode, Kind: resp.Header.Get("Content-Type"), Asked: asked, Body: body, Header: resp.Header,
	}, nil
}

// response is the answer to a request of the given time; drop forgets what is kept of it.
func (a answer) response(r *http.Request, now time.Time, drop func()) *http.Response {
	header := a.Header.Clone()
	if header == nil {
		header = http.Header{"Age": {strconv.Itoa(int(max(now.Sub(a.Asked), 0) / time.Second))}}
		if a.Kind != "" {
			header.Set("Content-Type", a.Kind)
		}
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status)), StatusCode: a.Status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: &body{*bytes.NewReader(a.Body), drop}, ContentLength: int64(len(a.Body)), Request: r,
	}
}

// body is that of an answer which may be kept.
type body struct {
	bytes.Reader
	drop func()
}

func (b *body) Close() error { return nil }

// Unfit is for who cannot read the answer: nobody else gets it.
func (b *body) Unfit() { b.drop() }
