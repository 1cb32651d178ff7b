package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/audit"
)

// logged is the one record that Log writes, decoded.
func logged(t *testing.T, e audit.Event, args ...any) map[string]any {
	t.Helper()
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{AddSource: true}))
	audit.Log(t.Context(), log, e, args...)
	var record map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &record), out.String())
	return record
}

// every event is found by its name, which is one word for a log pipeline.
func TestEventsAreLoggedByName(t *testing.T) {
	t.Parallel()
	seen := map[audit.Event]bool{}
	for _, e := range audit.Events() {
		assert.Regexp(t, regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`), e)
		assert.False(t, seen[e], "%s is there twice", e)
		seen[e] = true
		record := logged(t, e, "reason", "test")
		assert.Equal(t, string(e), record["event"])
		assert.Equal(t, "test", record["reason"])
		assert.NotEmpty(t, record["msg"])
	}
	assert.GreaterOrEqual(t, len(seen), 18)
}

// What only the operator can mend is an error, what may be an attack a warning.
func TestLevels(t *testing.T) {
	t.Parallel()
	for e, want := range map[audit.Event]string{
		audit.ClientRefused:    "ERROR",
		audit.StoreUnavailable: "ERROR",
		audit.SignInForged:     "WARN",
		audit.SessionsRevoked:  "WARN",
		audit.SignInSucceeded:  "INFO",
		audit.SignOut:          "INFO",
		"nobody-knows":         "ERROR",
	} {
		assert.Equal(t, want, logged(t, e)["level"], e)
	}
}

// An operator finds every event, with its level, in the documentation.
func TestEventsAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	for _, e := range audit.Events() {
		level, _ := logged(t, e)["level"].(string)
		assert.Contains(t, string(page), "| `"+string(e)+"` | "+strings.ToLower(level)+" |")
	}
}

// The record points to where the event happened.
func TestSourceIsTheCaller(t *testing.T) {
	t.Parallel()
	source, ok := logged(t, audit.SignOut)["source"].(map[string]any)
	require.True(t, ok)
	assert.Contains(t, source["file"], "audit_test.go")
}

// A level that is switched off is not written.
func TestLevelIsObeyed(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelError}))
	audit.Log(context.Background(), log, audit.SignOut)
	assert.Empty(t, out.String())
	audit.Log(context.Background(), log, audit.ClientRefused)
	assert.NotEmpty(t, out.String())
}

// a user's id is not in the log, and is the same one each time.
func TestUser(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "2bd806c97f0e", audit.User("alice"))
	assert.NotEqual(t, audit.User("alice"), audit.User("bob"))
	assert.Len(t, audit.User("1"), 12)
	assert.Empty(t, audit.User(""), "nobody is nobody")
}
