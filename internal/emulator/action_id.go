package emulator

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"sort"
	"strings"
	"time"
)

// actionIDLife is how long an id may be used after the look-up that gave it,
// "a while" by api.md 7, unknown 4.
const actionIDLife = time.Hour

// actionIDs gives every look-up new ids for the same actions (api.md 2.8). An id
// is one sealed block that names the action and the number of the look-up, so
// that the same calls give the same ids whatever the time. When the look-ups
// were is kept beside. The state's lock guards it.
type actionIDs struct {
	block   cipher.Block
	issued  uint64            // how many look-ups there were
	times   []lookupTime      // when, oldest first; at most one for each second of actionIDLife
	lookups map[lookup]uint64 // what issued was before the latest look-up
}

// lookupTime is when a look-up was, and those that followed within a second.
type lookupTime struct {
	first uint64
	at    time.Time
}

// lookup is who looked up which App.
type lookup struct {
	user int
	app  string
}

// sealed is what an id says.
type sealed struct {
	index  int
	issued uint64
}

func newActionIDs(seed uint64) *actionIDs {
	key := sha256.Sum256(binary.LittleEndian.AppendUint64([]byte("action ids"), seed))
	block, _ := aes.NewCipher(key[:]) // 32 bytes is a length it takes
	return &actionIDs{block: block, lookups: map[lookup]uint64{}}
}

// begin counts a look-up, keeps when it was, and forgets those whose ids have ended.
func (ids *actionIDs) begin(now time.Time) {
	ids.issued++
	ended := 0
	for ended < len(ids.times) && now.Sub(ids.times[ended].at) >= actionIDLife {
		ended++
	}
	ids.times = slices.Delete(ids.times, 0, ended)
	if n := len(ids.times); n == 0 || now.Sub(ids.times[n-1].at).Abs() >= time.Second {
		ids.times = append(ids.times, lookupTime{ids.issued, now})
	}
}

// alive reports whether a look-up was, and no longer ago than its ids are good for.
func (ids *actionIDs) alive(issued uint64, now time.Time) bool {
	after := sort.Search(len(ids.times), func(i int) bool { return ids.times[i].first > issued })
	return issued <= ids.issued && after > 0 && now.Sub(ids.times[after-1].at) < actionIDLife
}

// mint gives a the id it has in the latest look-up. Ids of both documented looks
// are in use: "core:" and something opaque, "uag:" and a UUID.
func (ids *actionIDs) mint(a *action) string {
	var plain, out [aes.BlockSize]byte // the second half stays zero, by which forgeries are known
	binary.BigEndian.PutUint64(plain[:], uint64(a.index)<<48|ids.issued&(1<<48-1))
	ids.block.Encrypt(out[:], plain[:])
	if a.index%2 == 1 {
		return "uag:" + formatUUID(out)
	}
	return "core:" + base64.RawURLEncoding.EncodeToString(out[:])
}

// open reads an id that mint made, and nothing else.
func (ids *actionIDs) open(id string) (sealed, bool) {
	prefix, text, _ := strings.Cut(id, ":")
	var block []byte
	var err error
	switch prefix {
	case "core":
		block, err = base64.RawURLEncoding.DecodeString(text)
	case "uag":
		block, err = hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	}
	if err != nil || len(block) != aes.BlockSize {
		return sealed{}, false
	}
	ids.block.Decrypt(block, block)
	head, rest := binary.BigEndian.Uint64(block), binary.BigEndian.Uint64(block[8:])
	return sealed{int(head >> 48), head & (1<<48 - 1)}, rest == 0
}

// lookUp gives ids for a list that user asked for. With fresh, the look-up is
// the user's latest of that App; the further pages of a list are not.
func (s *state) lookUp(user int, app string, actions []*action, fresh bool) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if fresh {
		s.actionIDs.lookups[lookup{user, app}] = s.actionIDs.issued
	}
	s.actionIDs.begin(s.now())
	minted := make([]string, 0, len(actions))
	for _, a := range actions {
		minted = append(minted, s.actionIDs.mint(a))
	}
	return minted
}

// action is what an id stands for, if the id is still good for this user.
func (s *state) action(user int, id string) (*action, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	said, ok := s.actionIDs.open(id)
	if !ok || said.index >= len(s.directory.actions) {
		return nil, false
	}
	a := s.directory.actions[said.index]
	if !s.actionIDs.alive(said.issued, s.now()) {
		return nil, false
	}
	if s.readings.StrictActionIDs && said.issued <= s.actionIDs.lookups[lookup{user, a.app.ID}] {
		return nil, false
	}
	return a, true
}

// formatUUID writes 16 bytes the way a UUID is written.
func formatUUID(b [16]byte) string {
	text := hex.EncodeToString(b[:])
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}
