package draft_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/zapier"
)

func fieldIDs(s draft.Step) (ids []string) {
	for _, field := range s.Fields() {
		ids = append(ids, field.ID)
	}
	return ids
}

func choiceIDs(s draft.Step, field string) (ids []string) {
	for _, choice := range s.Choices[field].List {
		ids = append(ids, string(choice.ID))
	}
	return ids
}

func TestFormIsReadWithItsChoicesToTheLastPage(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, reports)
	assert.Zero(t, w.emulator.Count(emulator.OpChoicesList), "nothing has to be chosen, and nobody has asked")
	d = w.choices(d, "s1", "pipeline")
	step := d.Steps[0]
	assert.Equal(t, []string{"pipeline", "stage"}, fieldIDs(step))
	assert.Equal(t, zapier.FieldInfo, step.Form[0].Kind)
	assert.Equal(t, w.clock.Now(), step.FormRead)
	assert.Len(t, step.Choices["pipeline"].List, 7, "the emulator shows five on a page")
	assert.False(t, step.Choices["pipeline"].More)
	assert.Equal(t, draft.Choices{For: `{"pipeline":null}`, Waits: []string{"pipeline"}}, step.Choices["stage"],
		"what cannot be answered is not asked")
	assert.Equal(t, 1+1, strings.Count(fmt.Sprint(paths(w, emulator.OpChoicesList)), "/pipeline/"), "two pages, no more")
	assert.Zero(t, d.Revision, "what Zapier is asked for does not count")
	assert.Equal(t, encoded(t, step), encoded(t, w.get(d).Steps[0]), "and it is kept")

	calls := w.emulator.Count(emulator.OpInputsList) + w.emulator.Count(emulator.OpChoicesList)
	w.read(d, "s1", draft.IfNeeded)
	assert.Equal(t, calls, w.emulator.Count(emulator.OpInputsList)+w.emulator.Count(emulator.OpChoicesList), "not read again")
}

func paths(w *world, operation string) (paths []string) {
	for _, r := range w.emulator.Requests() {
		if r.Operation == operation {
			paths = append(paths, r.Path)
		}
	}
	return paths
}

func TestDependentFields(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, rows)
	assert.Equal(t, []string{"spreadsheet", "worksheet"}, fieldIDs(d.Steps[1]))
	d = w.fill(d, "s2", zapier.Inputs{"spreadsheet": "sheet_02"})
	assert.Contains(t, choiceIDs(d.Steps[1], "worksheet"), "sheet_02_ws_7")
	assert.Equal(t, "Orders", d.Steps[1].Labels["spreadsheet"])
	assert.Equal(t, map[string]any{"spreadsheet": "sheet_02"}, w.inputs(emulator.OpInputsList))

	d = w.fill(d, "s2", zapier.Inputs{"worksheet": "sheet_02_ws_1"})
	columns := fieldIDs(d.Steps[1])[2:]
	require.Contains(t, columns, "COL$A")
	d = w.fill(d, "s2", zapier.Inputs{"COL$A": "Ada"})
	require.True(t, d.Ready(), "%v", d.Missing())

	spreadsheets := strings.Count(fmt.Sprint(paths(w, emulator.OpChoicesList)), "/spreadsheet/")
	d = w.fill(d, "s2", zapier.Inputs{"spreadsheet": "sheet_03", "worksheet": "sheet_02_ws_1", "COL$A": "Ada"})
	assert.Equal(t, zapier.Inputs{"spreadsheet": "sheet_03"}, d.Steps[1].Inputs)
	assert.Contains(t, choiceIDs(d.Steps[1], "worksheet"), "sheet_03_ws_1")
	assert.Equal(t, []string{"spreadsheet", "worksheet"}, fieldIDs(d.Steps[1]), "the columns were those of the other worksheet")
	assert.Equal(t, spreadsheets, strings.Count(fmt.Sprint(paths(w, emulator.OpChoicesList)), "/spreadsheet/"), "known choices stay")
	w.read(d, "s2", draft.AgainWithChoices)
	assert.Greater(t, strings.Count(fmt.Sprint(paths(w, emulator.OpChoicesList)), "/spreadsheet/"), spreadsheets)
}

func TestFieldThatDependsOnAMappedOne(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, reports)
	d = w.fill(d, "s2", zapier.Inputs{"account": "{{full_name}}"})
	assert.Equal(t, "{{full_name}}", w.inputs(emulator.OpChoicesList)["account"], "sent as it goes out in the Zap")
	assert.Empty(t, d.Steps[1].Choices["campaign"].List)
	d = w.fill(d, "s2", zapier.Inputs{"full_name": "Ada", "campaign": "{{company__name}}"})
	assert.True(t, d.Ready(), "%v", d.Missing())
}

func TestValuesGoOutAsInTheZap(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, reports)
	d = w.fill(d, "s2", zapier.Inputs{"full_name": "Dear {{ full_name }}"})
	assert.Equal(t, "Dear {{new_lead.full_name}}", d.Steps[1].Inputs["full_name"])
	w.read(d, "s2", draft.Again)
	assert.Equal(t, "Dear {{full_name}}", w.inputs(emulator.OpInputsList)["full_name"])

	d, err := w.Change(t.Context(), w.user, d.ID, d.Revision, func(d *draft.Draft) error { _, err := d.AddStep(""); return err })
	require.NoError(t, err)
	w.read(d, "s2", draft.Again)
	assert.Equal(t, "Dear {{new_lead.full_name}}", w.inputs(emulator.OpInputsList)["full_name"])
	_, err = w.ReadOutputs(t.Context(), w.user, d.ID, "s2")
	require.NoError(t, err)
	assert.Equal(t, "Dear {{new_lead.full_name}}", w.inputs(emulator.OpOutputsList)["full_name"])
}

func TestDefaultsAreFilledInOnce(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, letters)
	inputs := d.Steps[1].Inputs
	assert.Equal(t, "everyone", inputs["segment"])
	assert.Equal(t, "2026-11-23T09:00:00Z", inputs["send_at"])
	assert.NotContains(t, inputs, "slug", "its default comes with the subject")
	d = w.choices(d, "s2", "priority")
	assert.Equal(t, "Normal", d.Steps[1].Labels["priority"])

	d = w.fill(d, "s2", zapier.Inputs{"segment": "", "subject": "News in March"})
	assert.NotContains(t, d.Steps[1].Inputs, "segment", "emptied by the person")
	assert.Equal(t, "news-in-march", d.Steps[1].Inputs["slug"])
	d = w.fill(d, "s2", zapier.Inputs{"subject": "News in April"})
	assert.Equal(t, "news-in-march", d.Steps[1].Inputs["slug"], "a value that is there stays")
}

func TestClearedFieldGetsItsDefaultAgain(t *testing.T) {
	w := newWorld(t)
	w.clients[w.user] = w.clientOf(func(r *http.Request, body []byte) (int, any) {
		if !strings.HasSuffix(r.URL.Path, "/inputs") {
			return http.StatusOK, map[string]any{"data": []any{map[string]any{"id": "core:1", "key": "new_lead", "action_type": "READ"}}}
		}
		return http.StatusOK, map[string]any{"data": []any{
			map[string]any{"type": "input_field", "id": "list", "value_type": "STRING"},
			map[string]any{"type": "input_field", "id": "order", "value_type": "STRING", "default_value": "newest", "depends_on": []string{"list"}},
		}}
	})
	d := w.triggered()
	d = w.fill(w.read(d, "s1", draft.IfNeeded), "s1", zapier.Inputs{"order": "oldest"})
	d = w.fill(d, "s1", zapier.Inputs{"list": "other"})
	assert.Equal(t, zapier.Inputs{"list": "other", "order": "newest"}, d.Steps[0].Inputs)
}

// triggered is a draft whose trigger is of no App of the emulator's.
func (w *world) triggered() draft.Draft {
	w.t.Helper()
	d := draft.New("Made up")
	require.NoError(w.t, d.SetApp("s1", crm))
	require.NoError(w.t, d.SetAction("s1", newLead))
	require.NoError(w.t, d.SetAccount("s1", draft.Account{ID: "1"}))
	d, err := w.Create(w.t.Context(), w.user, d)
	require.NoError(w.t, err)
	return d
}

func TestDefaultThatShapesTheFormIsFollowed(t *testing.T) {
	w := newWorld(t)
	reads := w.emulator.Count(emulator.OpInputsList)
	d := w.draft(leads, only)
	assert.Equal(t, "1", d.Steps[1].Inputs["filter_criteria_count"])
	assert.Equal(t, map[string]any{"filter_criteria_count": "1"}, w.inputs(emulator.OpInputsList))
	assert.Equal(t, reads+3, w.emulator.Count(emulator.OpInputsList), "once for the trigger, twice for the filter")
}

// What the default of a field that may be empty makes of the form is worth a call only if it stays.
func TestDefaultThatMayGoIsFollowedWhenItStays(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, reports)
	assert.Equal(t, zapier.Inputs{"kind": "summary"}, d.Steps[1].Inputs)
	reads := w.emulator.Count(emulator.OpInputsList)
	assert.Equal(t, 2, reads, "once for each step")

	emptied := w.fill(d, "s2", zapier.Inputs{"kind": "", "full_name": "Wade"})
	assert.Equal(t, zapier.Inputs{"full_name": "Wade"}, emptied.Steps[1].Inputs)
	assert.Equal(t, reads, w.emulator.Count(emulator.OpInputsList), "it is the form of no kind already")
	d = w.fill(emptied, "s2", zapier.Inputs{"kind": "detailed"})
	assert.Contains(t, fieldIDs(d.Steps[1]), "detail__from")

	stays := w.draft(leads, reports)
	reads = w.emulator.Count(emulator.OpInputsList)
	stays = w.fill(stays, "s2", zapier.Inputs{"full_name": "Wade"})
	assert.Equal(t, reads+1, w.emulator.Count(emulator.OpInputsList))
	assert.Equal(t, map[string]any{"kind": "summary", "full_name": "Wade"}, w.inputs(emulator.OpInputsList))
	w.fill(stays, "s2", zapier.Inputs{"full_name": "Nadia"})
	assert.Equal(t, reads+1, w.emulator.Count(emulator.OpInputsList), "once")
}

// Whoever never saved the form has the one of the defaults before a Zap is made.
func TestDefaultThatNobodySavedIsFollowedBeforeTheZap(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, reports)
	reads := w.emulator.Count(emulator.OpInputsList)
	for range 2 {
		_, err := w.ReadMapped(t.Context(), w.user, d.ID)
		require.NoError(t, err)
		assert.Equal(t, reads+1, w.emulator.Count(emulator.OpInputsList))
		assert.Equal(t, map[string]any{"kind": "summary"}, w.inputs(emulator.OpInputsList))
	}
}

func TestChoicesThatAreWorthACall(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, reports)
	asked := func() int { return w.emulator.Count(emulator.OpChoicesList) }
	require.Zero(t, asked())
	d = w.choices(d, "s2", "account")
	assert.NotEmpty(t, choiceIDs(d.Steps[1], "account"))
	assert.Equal(t, 1, asked(), "of that field alone")
	d = w.choices(d, "s2", "account")
	assert.Equal(t, 1, asked(), "and once")

	d = w.fill(d, "s2", zapier.Inputs{"account": choiceIDs(d.Steps[1], "account")[0]})
	assert.NotEmpty(t, choiceIDs(d.Steps[1], "campaign"), "what waited for a value is offered when that is there")
	d = w.fill(d, "s2", zapier.Inputs{"kind": "detailed"})
	assert.Equal(t, "Detailed", d.Steps[1].Labels["kind"], "what was chosen has a name")
}

func TestValuesThatHaveNoFieldAnyMoreAreDroppedAndSaid(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, reports)
	d = w.fill(d, "s2", zapier.Inputs{"kind": "detailed"})
	require.Contains(t, fieldIDs(d.Steps[1]), "detail__costs")
	d = w.fill(d, "s2", zapier.Inputs{"detail__costs": "True", "detail__to": "", "detail__from": "2026-01-01T00:00:00Z"})
	d = w.fill(d, "s2", zapier.Inputs{"kind": "summary"})
	assert.Equal(t, []draft.Value{
		{FieldID: "detail__costs", Label: "With Costs", Texts: []string{"Yes"}},
		{FieldID: "detail__from", Label: "From", Texts: []string{"2026-01-01T00:00:00Z"}},
	}, d.Steps[1].Dropped)
	assert.Equal(t, zapier.Inputs{"kind": "summary"}, d.Steps[1].Inputs)
	assert.Equal(t, []string{"kind"}, slices.Collect(maps.Keys(d.Steps[1].Labels)))
	assert.Empty(t, w.get(d).Steps[1].Dropped, "said once")
}

func TestFailedReadingLosesNothing(t *testing.T) {
	for _, fault := range []emulator.Fault{
		{Operation: emulator.OpInputsList, Status: http.StatusInternalServerError},
		{Operation: emulator.OpInputsList, HTML: true},
		{Operation: emulator.OpInputsList, Drop: true},
		{Operation: emulator.OpInputsList, Status: http.StatusTooManyRequests},
	} {
		t.Run(fmt.Sprint(fault.Status, fault.HTML, fault.Drop), func(t *testing.T) {
			w := newWorld(t)
			d := w.draft(leads, reports)
			d, err := w.Change(t.Context(), w.user, d.ID, d.Revision, func(d *draft.Draft) error {
				fill(t, d, "s2", zapier.Inputs{"full_name": "Ada", "kind": "detailed"})
				return nil
			})
			require.NoError(t, err)
			fault.Times = 3 // net/http sends again what it may on a connection that was idle
			w.arm(fault)
			got, err := w.ReadForm(t.Context(), w.user, d.ID, "s2", draft.IfNeeded)
			require.Error(t, err)
			_, isZapiers := zapier.KindOf(err)
			assert.True(t, isZapiers)
			assert.Equal(t, d.Steps[1].Inputs, got.Steps[1].Inputs)
			assert.Equal(t, fieldIDs(d.Steps[1]), fieldIDs(got.Steps[1]), "what was known can still be drawn")
			assert.Contains(t, w.get(d).Missing(), draft.Missing{StepID: "s2", Number: 2, What: draft.MissingForm})
			w.emulator.Disarm()
			assert.Contains(t, fieldIDs(w.read(d, "s2", draft.IfNeeded).Steps[1]), "detail__from", "next time it works")
		})
	}
}

func TestFailedChoicesDoNotFailTheForm(t *testing.T) {
	w := newWorld(t)
	d := w.choices(w.draft(leads, reports), "s2", "kind")
	w.arm(emulator.Fault{Operation: emulator.OpChoicesList, Status: http.StatusInternalServerError, Times: 9})
	d = w.read(d, "s2", draft.AgainWithChoices)
	assert.True(t, d.Steps[1].Choices["kind"].Failed)
	assert.Equal(t, []string{"summary", "detailed"}, choiceIDs(d.Steps[1], "kind"), "those that were known still help")
	w.emulator.Disarm()
	calls := w.emulator.Count(emulator.OpChoicesList)
	d = w.read(d, "s2", draft.IfNeeded)
	assert.Equal(t, calls, w.emulator.Count(emulator.OpChoicesList), "a page that is opened does not ask each time")
	d = w.read(d, "s2", draft.Again)
	assert.False(t, d.Steps[1].Choices["kind"].Failed)
}

func TestRefusedReadingIsSaid(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, reports)
	t.Run("at its field", func(t *testing.T) {
		w.clients[w.user] = w.clientOf(func(*http.Request, []byte) (int, any) {
			return http.StatusBadRequest, map[string]any{"errors": []any{
				map[string]any{"detail": "No such account.", "source": map[string]any{"pointer": "/data/inputs/account"}},
				map[string]any{"title": "Elsewhere", "source": map[string]any{"pointer": "/data/authentication"}},
			}}
		})
		got, err := w.ReadForm(t.Context(), w.user, d.ID, "s2", draft.Again)
		isKind(t, err, zapier.Invalid)
		assert.Equal(t, map[string]string{"account": "No such account."}, got.Steps[1].Refused)
		assert.Equal(t, got.Steps[1].Refused, w.get(d).Steps[1].Refused)
	})
	t.Run("and what is about the account in the error alone", func(t *testing.T) {
		w.clients[w.user] = w.client(emulator.UserWade)
		require.NoError(t, w.emulator.ExpireAuthentication(d.Steps[0].Account.ID))
		got, err := w.ReadForm(t.Context(), w.user, d.ID, "s1", draft.Again)
		isKind(t, err, zapier.Invalid)
		assert.Empty(t, got.Steps[0].Refused)
		assert.Equal(t, fieldIDs(d.Steps[0]), fieldIDs(got.Steps[0]))
	})
}

func TestActionIDIsLookedUpAgainWhenItHasEnded(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, reports)
	lookUps := w.emulator.Count(emulator.OpActionsList)
	d = w.read(d, "s1", draft.Again)
	assert.Equal(t, lookUps, w.emulator.Count(emulator.OpActionsList), "an id is used for an hour")

	t.Run("after an hour", func(t *testing.T) {
		w.clock.Advance(time.Hour)
		asked := w.emulator.Count(emulator.OpInputsList)
		w.read(d, "s1", draft.Again)
		assert.Equal(t, lookUps+1, w.emulator.Count(emulator.OpActionsList))
		assert.Equal(t, asked+1, w.emulator.Count(emulator.OpInputsList), "an old one is not tried")
	})
	t.Run("when Zapier refuses it", func(t *testing.T) {
		w.emulator.SetReadings(emulator.Readings{StrictActionIDs: true})
		_, err := w.clients[w.user].ListActions(t.Context(), emulator.AppOAuth2, "") // ends those of before
		require.NoError(t, err)
		before := w.emulator.Count(emulator.OpActionsList)
		w.read(d, "s1", draft.AgainWithChoices)
		assert.Equal(t, before+1, w.emulator.Count(emulator.OpActionsList))
	})
	t.Run("which may fail itself", func(t *testing.T) {
		w.arm(emulator.Fault{Operation: emulator.OpInputsList, Status: http.StatusNotFound})
		w.arm(emulator.Fault{Operation: emulator.OpActionsList, Status: http.StatusForbidden})
		_, err := w.ReadForm(t.Context(), w.user, d.ID, "s1", draft.Again)
		isKind(t, err, zapier.Forbidden)
	})
	t.Run("but once only", func(t *testing.T) {
		w.arm(emulator.Fault{Operation: emulator.OpInputsList, Status: http.StatusNotFound, Times: 9})
		defer w.emulator.Disarm()
		before, asked := w.emulator.Count(emulator.OpActionsList), w.emulator.Count(emulator.OpInputsList)
		_, err := w.ReadForm(t.Context(), w.user, d.ID, "s1", draft.Again)
		isKind(t, err, zapier.NotFound)
		assert.Equal(t, before+1, w.emulator.Count(emulator.OpActionsList))
		assert.Equal(t, asked+2, w.emulator.Count(emulator.OpInputsList))
	})
}

func TestAnswerAboutOlderValuesIsThrownAway(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, reports)
	release := w.hold(emulator.OpInputsList)
	calls := w.emulator.Count(emulator.OpInputsList)
	read := make(chan draft.Draft)
	go func() {
		got, err := w.ReadForm(t.Context(), w.user, d.ID, "s2", draft.Again)
		assert.NoError(t, err)
		read <- got
	}()
	w.arrived(emulator.OpInputsList, calls+1)
	_, err := w.Change(t.Context(), w.user, d.ID, d.Revision, func(d *draft.Draft) error {
		fill(t, d, "s2", zapier.Inputs{"kind": "detailed"})
		return nil
	})
	require.NoError(t, err)
	release()
	got := <-read
	assert.Equal(t, "detailed", got.Steps[1].Inputs["kind"], "the newer value stays")
	assert.True(t, w.get(d).Steps[1].FormRead.IsZero(), "and the form is read for it")
	assert.Contains(t, fieldIDs(w.read(d, "s2", draft.IfNeeded).Steps[1]), "detail__from")
}

func TestStepThatIsNotChosenYetCannotBeRead(t *testing.T) {
	w := newWorld(t)
	d := w.create("Leads")
	for _, call := range []func(step string) error{
		func(step string) error {
			_, err := w.ReadForm(t.Context(), w.user, d.ID, step, draft.Again)
			return err
		},
		func(step string) error { _, err := w.ReadOutputs(t.Context(), w.user, d.ID, step); return err },
		func(step string) error { _, err := w.TestStep(t.Context(), w.user, d.ID, step); return err },
	} {
		require.ErrorIs(t, call("s1"), draft.ErrNotReady)
		require.ErrorIs(t, call("s9"), draft.ErrNoStep)
	}
	assert.Empty(t, paths(w, emulator.OpInputsList))
}

func TestOutputsAreReadOnceForTheValues(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, reports)
	d, err := w.ReadOutputs(t.Context(), w.user, d.ID, "s1")
	require.NoError(t, err)
	step := d.Steps[0]
	assert.Equal(t, "Full Name", step.Outputs[1].Title)
	assert.Equal(t, "Bola Moreau", step.Sample("full_name"))
	assert.Equal(t, "{{new_lead.full_name}}", step.Token("full_name"))
	assert.Equal(t, 1, w.emulator.Count(emulator.OpOutputsList))
	_, err = w.ReadOutputs(t.Context(), w.user, d.ID, "s1")
	require.NoError(t, err)
	assert.Equal(t, 1, w.emulator.Count(emulator.OpOutputsList))
	d = w.fill(d, "s1", zapier.Inputs{"pipeline": "pl_01"})
	_, err = w.ReadOutputs(t.Context(), w.user, d.ID, "s1")
	require.NoError(t, err)
	assert.Equal(t, 2, w.emulator.Count(emulator.OpOutputsList))
	assert.Zero(t, strings.Count(w.sent(emulator.OpOutputsList), "fetch_live_samples"))

	w.arm(emulator.Fault{Operation: emulator.OpOutputsList, Status: http.StatusForbidden})
	_, err = w.ReadOutputs(t.Context(), w.user, d.ID, "s2")
	isKind(t, err, zapier.Forbidden)
}

func TestFormOfManyChoicesIsCut(t *testing.T) {
	w := newWorld(t)
	w.clients[w.user] = w.clientOf(func(r *http.Request, body []byte) (int, any) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/choices"):
			page := []any{}
			for i := range 90 {
				page = append(page, map[string]any{"id": fmt.Sprint(r.URL.Query().Get("page"), "-", i), "label": strings.Repeat("ü", 600-6*i)})
			}
			return http.StatusOK, map[string]any{"data": page, "links": map[string]any{"next": "/choices?page=" + r.URL.Query().Get("page") + "x"}}
		case strings.HasSuffix(r.URL.Path, "/inputs"):
			return http.StatusOK, map[string]any{"data": []any{map[string]any{"type": "input_field", "id": "f", "value_type": "STRING", "format": "SELECT"}}}
		}
		return http.StatusOK, map[string]any{"data": []any{map[string]any{"id": "core:1", "key": "new_lead", "action_type": "READ"}}}
	})
	d := w.triggered()
	d = w.choices(d, "s1", "f")
	got := d.Steps[0].Choices["f"]
	assert.Len(t, got.List, 1000)
	assert.True(t, got.More)
	assert.Len(t, []rune(string(got.List[0].Label)), 501)
}

// clientOf speaks to an API that a test makes up.
func (w *world) clientOf(answer func(r *http.Request, body []byte) (int, any)) *zapier.Client {
	w.t.Helper()
	client, err := zapier.New("http://zapier.example", madeUp(answer))
	require.NoError(w.t, err)
	return client.As("1", zapier.StaticToken("token"))
}

type madeUp func(r *http.Request, body []byte) (int, any)

func (m madeUp) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = readAll(r.Body); err != nil {
			return nil, err
		}
	}
	status, answer := m(r, body)
	if err, failed := answer.(error); failed {
		return nil, err
	}
	encoded, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: closer{strings.NewReader(string(encoded))},
	}, nil
}
