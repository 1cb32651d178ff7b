package zapier_test

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/zapier"
)

// gather reads an iterator into a slice, as the examples and the lists need it.
func gather[T any](items iter.Seq2[T, error]) (any, error) {
	found := []T{}
	for item, err := range items {
		if err != nil {
			return nil, err
		}
		found = append(found, item)
	}
	return found, nil
}

func TestDirectoryOfV1IsReadByPageNumber(t *testing.T) {
	var asked []string
	client := setup(t, func(w http.ResponseWriter, r *http.Request) {
		page := r.URL.Query().Get("page")
		asked = append(asked, page)
		next := map[string]string{"1": `"https://elsewhere.example/v1/apps?per_page=1&page=2"`, "2": `"/v1/apps?page=3"`, "3": `null`}[page]
		answer(t, w, http.StatusOK, fmt.Sprintf(`{"total":3,"objects":[{"uuid":%q}],"next_url":%s}`, page, next))
	}).WithClientID("our-id")
	var uuids []string
	for app, err := range client.AppsV1(t.Context(), zapier.AppsV1Options{}) {
		require.NoError(t, err)
		uuids = append(uuids, app.UUID)
	}
	assert.Equal(t, []string{"1", "2", "3"}, uuids)
	assert.Equal(t, uuids, asked)
}

func TestTemplatesAreReadToAnEmptyPage(t *testing.T) {
	// The list tells nothing of its length, and a server may give shorter pages than asked for (api.md 2.4).
	templates := []string{`{"id":1},{"id":2}`, `{"id":3}`, ``}
	var offsets []string
	client := setup(t, func(w http.ResponseWriter, r *http.Request) {
		answer(t, w, http.StatusOK, "["+templates[len(offsets)]+"]")
		offsets = append(offsets, r.URL.Query().Get("offset"))
	}).WithClientID("our-id")
	var ids []zapier.ID
	for template, err := range client.ZapTemplates(t.Context(), zapier.ZapTemplatesOptions{}) {
		require.NoError(t, err)
		ids = append(ids, template.ID)
	}
	assert.Equal(t, []zapier.ID{"1", "2", "3"}, ids, "a page of one is a page, not an envelope")
	assert.Equal(t, []string{"0", "2", "3"}, offsets)
}

func TestChoicesArePostedAgainForEachPage(t *testing.T) {
	var asked []string
	client := setup(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.JSONEq(t, `{"data":{"authentication":"7","inputs":{"sheet":"x"}}}`, string(body), "every page needs the whole body")
		assert.Equal(t, http.MethodPost, r.Method)
		page := r.URL.Query().Get("page")
		asked = append(asked, page)
		next := map[string]string{
			"":     `"https://elsewhere.example/v2/actions/core:abcd/inputs/lead_id/choices?page=b%2F2"`,
			"b/2":  `"?page=last"`,
			"last": `null`,
		}[page]
		answer(t, w, http.StatusOK, fmt.Sprintf(`{"data":[{"id":%q,"label":null,"value":"v"}],"links":{"next":%s},"meta":{"page":1}}`, page, next))
	})
	step := zapier.StepInputs{Authentication: "7", Inputs: zapier.Inputs{"sheet": "x"}}
	var ids []string
	for choice, err := range client.Choices(t.Context(), "core:abcd", "lead_id", step) {
		require.NoError(t, err)
		ids = append(ids, string(choice.ID))
	}
	assert.Equal(t, []string{"", "b/2", "last"}, ids)
	assert.Equal(t, ids, asked)
}

func TestFieldsInPagesAreAskedForInTheBody(t *testing.T) {
	var offsets []int
	client := setup(t, func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Data struct {
				Authentication string         `json:"authentication"`
				Inputs         map[string]any `json:"inputs"`
				Offset         int            `json:"offset"`
			} `json:"data"`
		}
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&body))
		assert.Equal(t, "7", body.Data.Authentication)
		assert.Empty(t, r.URL.RawQuery)
		offsets = append(offsets, body.Data.Offset)
		next := `null`
		if body.Data.Offset < 2 {
			next = fmt.Sprintf(`"https://api.zapier.com/v2/actions/a/inputs?offset=%d"`, body.Data.Offset+1)
		}
		answer(t, w, http.StatusOK, fmt.Sprintf(`{"data":[{"id":"f%d","type":"input_field"}],"links":{"next":%s}}`, body.Data.Offset, next))
	})
	fields, err := client.ListInputFields(t.Context(), "a", zapier.StepInputs{Authentication: "7"})
	require.NoError(t, err)
	assert.Len(t, fields, 3)
	assert.Equal(t, []int{0, 1, 2}, offsets)
}

func TestOnlyOnePageOfATestIsRead(t *testing.T) {
	calls := 0
	client := setup(t, func(w http.ResponseWriter, _ *http.Request) {
		calls++
		answer(t, w, http.StatusOK, `{"data":[{"id":1}],"meta":{"count":30},"links":{"next":"https://api.zapier.com/v2/actions/a/test?offset=10"}}`)
	})
	page, err := client.TestAction(t.Context(), "a", zapier.TestRequest{})
	require.NoError(t, err)
	assert.Equal(t, 1, calls, "each call executes the step anew")
	assert.Equal(t, 10, page.Next)
	assert.Equal(t, 30, page.Total)
}

func TestListThatNeverEndsIsAnError(t *testing.T) {
	client := setup(t, func(w http.ResponseWriter, r *http.Request) {
		offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		answer(t, w, http.StatusOK, fmt.Sprintf(`{"data":[{"id":"a","key":"k"}],"links":{"next":"?offset=%d"}}`, offset+1))
	})
	list, err := client.ListActions(t.Context(), "a", "")
	kind, _ := zapier.KindOf(err)
	assert.Equal(t, zapier.WrongSchema, kind)
	assert.Empty(t, list)
}

func TestIteratorsCanBeReadAgain(t *testing.T) {
	var asked []string
	client := setup(t, func(w http.ResponseWriter, r *http.Request) {
		offset := r.URL.Query().Get("offset")
		asked = append(asked, offset)
		next := map[string]string{"": `"?offset=1"`, "1": `null`}[offset]
		answer(t, w, http.StatusOK, `{"data":[{"id":"a"}],"links":{"next":`+next+`}}`)
	})
	actions := client.Actions(t.Context(), "a", "")
	require.NoError(t, drain(actions))
	require.NoError(t, drain(actions))
	assert.Equal(t, []string{"", "1", "", "1"}, asked, "the first page knows no offset")
}

func TestGetAction(t *testing.T) {
	client := setup(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "READ", r.URL.Query().Get("action_type"))
		if r.URL.Query().Get("offset") == "" {
			answer(t, w, http.StatusOK, `{"data":[{"id":"core:1","key":"new_contact"}],"links":{"next":"?offset=1"}}`)
			return
		}
		answer(t, w, http.StatusOK, `{"data":[{"id":"core:2","key":"new_lead"}]}`)
	})
	action, err := client.GetAction(t.Context(), "a", zapier.ActionRead, "new_lead")
	require.NoError(t, err)
	assert.Equal(t, "core:2", action.ID)
	_, err = client.GetAction(t.Context(), "a", zapier.ActionRead, "another")
	kind, _ := zapier.KindOf(err)
	assert.Equal(t, zapier.NotFound, kind)
}
