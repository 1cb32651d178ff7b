package zapier

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"strings"
	"time"
)

// ZapRunStatus says what became of a run of a Zap (api.md 2.16).
type ZapRunStatus string

// The states of a run.
const (
	ZapRunDelayed      ZapRunStatus = "delayed"
	ZapRunScheduled    ZapRunStatus = "scheduled"
	ZapRunPending      ZapRunStatus = "pending"
	ZapRunError        ZapRunStatus = "error"
	ZapRunErrorHandled ZapRunStatus = "error_handled"
	ZapRunHalted       ZapRunStatus = "halted"
	ZapRunThrottled    ZapRunStatus = "throttled"
	ZapRunHeld         ZapRunStatus = "held"
	ZapRunFiltered     ZapRunStatus = "filtered"
	ZapRunSkipped      ZapRunStatus = "skipped"
	ZapRunSuccess      ZapRunStatus = "success"
)

// ZapRun is one time that a Zap ran (api.md 2.16).
type ZapRun struct {
	ID ID `json:"id"`
	// ZapID is a number in today's schema; a Zap's own ID may be a UUID, and the two may differ (api.md 7, number 7).
	ZapID     ID           `json:"zap_id"`
	StartTime Timestamp    `json:"start_time"`
	EndTime   Timestamp    `json:"end_time"`
	Status    ZapRunStatus `json:"status"`
	// ZapTitle is the title at the time of the run; may be empty.
	ZapTitle string       `json:"zap_title"`
	Steps    []ZapRunStep `json:"steps"`
	// DataIn and DataOut are any JSON, null or nothing.
	DataIn  json.RawMessage `json:"data_in,omitempty"`
	DataOut json.RawMessage `json:"data_out,omitempty"`
}

// ZapRunStep is a step of a run.
type ZapRunStep struct {
	// Status is empty for a step that was not reached.
	Status    ZapRunStatus `json:"status"`
	StartTime Timestamp    `json:"start_time"`
}

// ListZapRunsOptions narrow the history.
type ListZapRunsOptions struct {
	// Zap is the id of a Zap.
	Zap ID
	// From is the first moment and To the one after the last; zero From means 30 days ago.
	From, To time.Time
	// Search looks in the title, what came in and what went out; at most 150 characters.
	Search   string
	Statuses []ZapRunStatus
	Offset   int
	// Limit is the page's size; 0 means 10.
	Limit int
}

func (o ListZapRunsOptions) request() request {
	statuses := make([]string, len(o.Statuses))
	for i, status := range o.Statuses {
		statuses[i] = string(status)
	}
	return request{op: "zap-runs.list", path: "/v2/zap-runs", query: queryOf(map[string]string{
		"zap_id":    string(o.Zap),
		"from_date": moment(o.From),
		"to_date":   moment(o.To),
		"search":    o.Search,
		"statuses":  strings.Join(statuses, ","),
	})}
}

// moment writes a time as the schema's examples do, and no time as nothing.
func moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format("2006-01-02T15:04:05.000000Z")
}

// ListZapRuns returns one page of the history of the user's Zaps: GET /v2/zap-runs, scope zap:runs (api.md 2.16,
// experimental). Forbidden without the scope, Invalid when an option is out of its bounds.
func (c *Client) ListZapRuns(ctx context.Context, opts ListZapRunsOptions) (Page[ZapRun], error) {
	return getPage[ZapRun](ctx, c, opts.request(), opts.Offset, cmp.Or(opts.Limit, defaultLimit))
}

// ZapRuns iterates over the history from the first page to the last, whatever Offset and Limit say; ListZapRuns says the rest.
func (c *Client) ZapRuns(ctx context.Context, opts ListZapRunsOptions) iter.Seq2[ZapRun, error] {
	return all[ZapRun](ctx, c, opts.request(), pageSize)
}
