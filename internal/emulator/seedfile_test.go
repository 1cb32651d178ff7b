package emulator_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

const seedYAML = `
replace: true
users:
  - {id: 7, first_name: Ada, last_name: Moreau, email: ada@partner.example, email_confirmed: true, timezone: Europe/Paris}
authentications:
  - {user: ada@partner.example, app: ledgerleaf}
  - {user: "7", app: ledgerleaf}
  - {id: MyOwnId1, user: wade@zapier.example, app: ` + emulator.AppOAuth2 + `, title: Old, is_expired: true}
third_parties:
  - {app: ledgerleaf, failure: timeout}
zaps:
  - user: ada@partner.example
    partner: partner
    title: From a file
    is_enabled: true
    steps:
      - {app: superexamplecrm, action_type: READ, key: new_lead, alias: lead}
      - {app: ledgerleaf, action_type: WRITE, key: create_invoice, inputs: {number: "{{full_name}}"}}
`

// JSON is YAML too.
const seedJSON = `{"replace":true,
	"users":[{"id":7,"first_name":"Ada","last_name":"Moreau","email":"ada@partner.example","email_confirmed":true,"timezone":"Europe/Paris"}],
	"authentications":[{"user":"ada@partner.example","app":"ledgerleaf"},{"user":"7","app":"ledgerleaf"},
		{"id":"MyOwnId1","user":"wade@zapier.example","app":"` + emulator.AppOAuth2 + `","title":"Old","is_expired":true}],
	"third_parties":[{"app":"ledgerleaf","failure":"timeout"}],
	"zaps":[{"user":"ada@partner.example","partner":"partner","title":"From a file","is_enabled":true,"steps":[
		{"app":"superexamplecrm","action_type":"READ","key":"new_lead","alias":"lead"},
		{"app":"ledgerleaf","action_type":"WRITE","key":"create_invoice","inputs":{"number":"{{full_name}}"}}]}]}`

func TestSeedFile(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"YAML": seedYAML, "JSON": seedJSON} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			file, err := emulator.ReadSeed(strings.NewReader(content))
			require.NoError(t, err)
			require.NoError(t, w.Seed(file))
			check := func() {
				assert.Len(t, w.Authentications(0, ""), 3, "the built-in ones are replaced")
				ada := w.Authentications(7, emulator.AppBasic)
				require.Len(t, ada, 2)
				assert.Equal(t, "Ledgerleaf #2 (ada@partner.example)", ada[0].Title)
				assert.Equal(t, "Ledgerleaf (ada@partner.example)", ada[1].Title)
				wade := w.Authentications(emulator.UserWade, emulator.AppOAuth2)[0]
				assert.Equal(t, "MyOwnId1", wade.ID)
				assert.True(t, wade.Expired)
				assert.Equal(t, emulator.FailTimeout, w.ThirdParty(emulator.AppBasic).Failure)
				require.Len(t, w.Zaps(0), 1)
				zap := w.Zaps(7)[0]
				assert.True(t, zap.Enabled)
				assert.Equal(t, ada[0].ID, zap.Steps[1].Authentication, "the newest")
				assert.Equal(t, "{{full_name}}", zap.Steps[1].Inputs["number"])
			}
			check()
			ids := w.Authentications(0, "")
			listed := w.api(t, "/v2/zaps", w.accessToken(t, 7, "zap"))
			assert.Equal(t, "From a file", listed.data(t)[0]["title"])
			assert.Equal(t, "Ada", w.api(t, "/v1/profiles/me", w.accessToken(t, 7, "profile")).text("first_name"))
			require.NoError(t, w.SetThirdParty(emulator.AppBasic, emulator.ThirdParty{}))
			require.NoError(t, w.ExpireAuthentication(ids[2].ID))
			w.Reset()
			check()
			assert.Equal(t, ids[1].ID, w.Authentications(0, "")[1].ID, "the same seed, the same ids")
		})
	}
}

func TestSeedFileRefusals(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, content, says string }{
		{"a key that is none", "user: []", "field user not found"},
		{"not YAML", "a: b: c", "not right"},
		{"too large", strings.Repeat("#", 5<<20), "larger"},
		{"half a user", "users: [{id: 9}]", "users[0] needs"},
		{"a user there is", "users: [{id: 1001, first_name: X, email: x@y.example}]", "somebody else"},
		{"nobody's", "authentications: [{user: x, app: ledgerleaf}]", "no user"},
		{"no App", "authentications: [{user: \"1001\", app: x}]", "no App"},
		{"nothing to connect", "authentications: [{user: \"1001\", app: filter}]", "can be connected"},
		{"an id twice", "authentications: [{id: a, user: \"1001\", app: ledgerleaf}, {id: a, user: \"1001\", app: ledgerleaf}]", "has the id"},
		{"a Zap of nobody", "zaps: [{user: x, title: T, steps: [{app: taskery, action_type: READ, key: new_task}]}]", "no user"},
		{"a Zap without steps", "zaps: [{user: \"1001\", title: T}]", "zaps[0] needs"},
		{"a Zap without a title", "zaps: [{user: \"1001\", steps: [{app: taskery, action_type: READ, key: new_task}]}]", "zaps[0] needs"},
		{"no action", "zaps: [{user: \"1001\", title: T, steps: [{app: taskery, action_type: WRITE, key: new_task}]}]", "no action"},
		{"no failure", "third_parties: [{app: ledgerleaf, failure: x}]", "no failure"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			before := w.Authentications(0, "")
			file, err := emulator.ReadSeed(strings.NewReader(row.content))
			if err == nil {
				err = w.Seed(file)
			}
			assert.ErrorContains(t, err, row.says)
			assert.Equal(t, before, w.Authentications(0, ""), "a file that is wrong changes nothing")
		})
	}
}
