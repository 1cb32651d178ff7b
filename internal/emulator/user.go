package emulator

// Ids of the seeded users. Wade has the Authentications that the App constants
// tell of; the others start with none, so that a second person's lists can be
// told from his.
const (
	UserWade  = 1001
	UserNadia = 1002
	UserZoe   = 1003
	UserTom   = 1004
)

// E-mail addresses of the seeded users.
const (
	EmailWade  = "wade@zapier.example"
	EmailNadia = "nadia.okafor@partner.example"
	EmailZoe   = "zoe@lukasiewicz.example"
	EmailTom   = "tom@lindqvist.example"
)

// User is a person with an account at the emulated Zapier (api.md 1.5).
type User struct {
	ID                  int
	FirstName, LastName string
	Email               string
	EmailConfirmed      bool
	// Timezone is an IANA name, or "" for null, which real profiles have too.
	Timezone string
}

// Name is the full name.
func (u User) Name() string { return u.FirstName + " " + u.LastName }

func userTable() []User {
	return []User{
		{ID: UserWade, FirstName: "Wade", LastName: "Example", Email: EmailWade, EmailConfirmed: true, Timezone: "America/Toronto"},
		{ID: UserNadia, FirstName: "Nadia", LastName: "Okafor", Email: EmailNadia, EmailConfirmed: true, Timezone: "Africa/Lagos"},
		{ID: UserZoe, FirstName: "Zoë", LastName: "Łukasiewicz-Nakamura", Email: EmailZoe, EmailConfirmed: true, Timezone: "Asia/Tokyo"},
		{ID: UserTom, FirstName: "Tom", LastName: "Lindqvist", Email: EmailTom},
	}
}
