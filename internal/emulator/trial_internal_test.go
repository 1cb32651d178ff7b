package emulator

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCensored(t *testing.T) {
	trial := &trial{secrets: []string{"1", "pass", "wade:password", "word"}}
	got := trial.censored("GET / HTTP/1.1 Authorization: wade:password and pass")
	assert.Contains(t, got, "HTTP/1.1", "a short secret does not rewrite the protocol")
	for _, secret := range []string{"wade", "password", "pass"} {
		assert.NotContains(t, got, secret)
	}
}
