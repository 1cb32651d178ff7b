package emulator

import (
	"fmt"
	"time"
)

// ManyAuthentications is how many of AppMany the seeded UserWade has.
const ManyAuthentications = 23

// sameTitle is the title both seeded Authentications of AppSameTitle have: the
// label is built from the third party's answer, and nothing keeps it unique.
const sameTitle = "Brightdesk (support@zapier.example)"

// seedLocked gives Wade one App for each case a list of Authentications can be
// in, and leaves most Apps and all other users without any.
func (s *state) seedLocked() {
	start := s.now().AddDate(0, 0, -90)
	day := func(n int) time.Time { return start.AddDate(0, 0, n) }
	for i := range ManyAuthentications {
		title := fmt.Sprintf("Gridwork Sheets #%d (team-%02d@zapier.example)", i+1, i+1)
		if i == 0 {
			title = "Gridwork Sheets (team-01@zapier.example)"
		}
		s.addLocked(Authentication{User: UserWade, App: AppMany, Title: title, Created: day(i)})
	}
	s.addLocked(Authentication{User: UserWade, App: AppSingle, Title: "Taskery (" + EmailWade + ")", Created: day(30)})
	s.addLocked(Authentication{User: UserWade, App: AppExpired, Title: "Pondside Chat (" + EmailWade + ")", Created: day(31), Expired: true})
	s.addLocked(Authentication{User: UserWade, App: AppSameTitle, Title: sameTitle, Created: day(32)})
	s.addLocked(Authentication{User: UserWade, App: AppSameTitle, Title: sameTitle, Created: day(33)})
	s.addLocked(Authentication{User: UserNadia, App: AppSingle, Title: "Taskery (" + EmailNadia + ")", Created: day(34)})
}
