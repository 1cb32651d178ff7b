package emulator

// Ids of the Apps that tests and demonstrations ask for by what is special about them. They never change.
const (
	// AppOAuth2 is SuperExampleCRM: OAuth v2; nobody has an Authentication for it yet.
	AppOAuth2 = "4b3920d6-1d5a-4071-b837-9383dc511b80"
	// AppAPIKey is Marigold Mail: API key; nobody has an Authentication for it yet.
	AppAPIKey = "1d9ebd47-a6e5-4b72-9122-7547bedb514a"
	// AppSession is PlatformAdManager: session; nobody has an Authentication for it yet.
	AppSession = "35276b09-cfd1-428a-8186-637c1f07246d"
	// AppBasic is Ledgerleaf: basic; nobody has an Authentication for it yet.
	AppBasic = "646a8a78-9d44-425e-acc7-f9cda06e301b"
	// AppDigest is Old Harbour Archive: digest; nobody has an Authentication for it yet.
	AppDigest = "01b9f923-0a84-4ed8-b8d0-b8d70799d57e"
	// AppNoAuthentication is Filter: its connect link is null, because there is nothing to connect.
	AppNoAuthentication = "e85bcf45-505b-4acb-b7e8-4c3a81d49afb"
	// AppMany is Gridwork Sheets: UserWade has ManyAuthentications of them, more than two pages of ten.
	AppMany = "083f1e0c-2387-44df-aaf3-3e8c7bab7b56"
	// AppSingle is Taskery: UserWade has exactly one, and it is valid.
	AppSingle = "789f4549-03df-4c86-8449-59c87b43b88f"
	// AppExpired is Pondside Chat: UserWade has exactly one, and it is expired.
	AppExpired = "797c854a-b280-4e31-9606-35fabefab2c2"
	// AppSameTitle is Brightdesk: UserWade has two with one and the same title.
	AppSameTitle = "2b7afa76-3992-4f18-aab1-3ef38e490269"

	appWebhooks = "80364a4b-f7df-4f73-a561-3e31de0e0d86"
)

// appTable is the whole directory, most popular first. No App in it exists, and no title is a brand.
func appTable() []App {
	return []App{
		{
			ID: AppOAuth2, Title: "SuperExampleCRM", Slug: "superexamplecrm", Scheme: SchemeOAuth2, HexColor: "3b5bdb",
			Description: "Contacts, companies and deals for teams that sell.",
			Categories:  []string{"crm"}, ActionTypes: actionTypes()[:6],
		},
		{
			ID: AppSession, Title: "PlatformAdManager", Slug: "platformadmanager", Scheme: SchemeSession, HexColor: "c2255c",
			Description: "Campaigns and audiences for several ad platforms at once.",
			Categories:  []string{"marketing"}, ActionTypes: []string{"READ", "WRITE"},
		},
		{
			ID: AppAPIKey, Title: "Marigold Mail", Slug: "marigold-mail", Scheme: SchemeAPIKey, HexColor: "e8590c",
			Description: "Newsletters that look right in every mail program.",
			Categories:  []string{"email", "marketing"}, ActionTypes: []string{"READ", "WRITE"},
		},
		{
			ID: AppNoAuthentication, Title: "Filter", Slug: "filter", Scheme: SchemeNone, HexColor: "495057",
			Description: "Only goes on when the conditions you set are met.",
			Categories:  []string{"built-in"}, ActionTypes: []string{},
		},
		{
			ID: AppBasic, Title: "Ledgerleaf", Slug: "ledgerleaf", Scheme: SchemeBasic, HexColor: "2b8a3e",
			Description: "Invoices and expenses for small companies.",
			Categories:  []string{"accounting"}, ActionTypes: []string{"READ", "WRITE"},
		},
		{
			ID: AppDigest, Title: "Old Harbour Archive", Slug: "old-harbour-archive", Scheme: SchemeDigest, HexColor: "1864ab",
			Description: "A document archive with a long memory.",
			Categories:  []string{"files"}, ActionTypes: []string{"READ", "WRITE"},
		},
		{
			ID: AppMany, Title: "Gridwork Sheets", Slug: "gridwork-sheets", Scheme: SchemeOAuth2, HexColor: "2f9e44",
			Description: "Spreadsheets many people can edit at once.",
			Categories:  []string{"files", "project-management"}, ActionTypes: []string{"READ", "WRITE", "SEARCH"},
		},
		{
			ID: AppSingle, Title: "Taskery", Slug: "taskery", Scheme: SchemeOAuth2, HexColor: "7048e8",
			Description: "Boards, lists and due dates.",
			Categories:  []string{"project-management"}, ActionTypes: []string{"READ", "WRITE", "SEARCH"},
		},
		{
			ID: AppExpired, Title: "Pondside Chat", Slug: "pondside-chat", Scheme: SchemeOAuth2, HexColor: "0b7285",
			Description: "Rooms, threads and direct messages.",
			Categories:  []string{"communication"}, ActionTypes: []string{"READ", "WRITE"},
		},
		{
			ID: appWebhooks, Title: "Webhooks", Slug: "webhooks", Scheme: SchemeNone, HexColor: "862e9c",
			Description: "Sends and receives plain HTTP requests.",
			Categories:  []string{"built-in", "developer-tools"}, ActionTypes: []string{"WRITE"},
		},
		{
			ID: "1c886d0c-25b6-42fc-8655-990b0350f46a", Title: "Formella", Slug: "formella", Scheme: SchemeAPIKey, HexColor: "d6336c",
			Description: "Forms with few questions and many answers.",
			Categories:  []string{"forms"}, ActionTypes: []string{"READ"},
		},
		{
			ID: "ec4846b2-e6db-4375-a2a4-a071d0fec631", Title: "Quillpad Notes", Slug: "quillpad-notes", Scheme: SchemeOAuth2, HexColor: "5c940d",
			Description: "Notes that link to one another.",
			Categories:  []string{"project-management", "files"}, ActionTypes: []string{"READ", "WRITE"},
		},
		{
			ID: AppSameTitle, Title: "Brightdesk", Slug: "brightdesk", Scheme: SchemeAPIKey, HexColor: "f08c00",
			Description: "Tickets, macros and a help centre.",
			Categories:  []string{"support"}, ActionTypes: []string{"READ", "WRITE", "SEARCH"},
		},
		{
			ID: "cf5921a5-e27c-4bfc-980f-c564caed50d2", Title: "Stallhaven", Slug: "stallhaven", Scheme: SchemeOAuth2, HexColor: "087f5b",
			Description: "A shop front, a till and a stock room.",
			Categories:  []string{"commerce"}, ActionTypes: []string{"READ", "WRITE", "SEARCH"},
		},
		{
			ID: "ae9503ab-3ff9-447f-9e2c-119bf61e8b38", Title: "Cratewise Shipping", Slug: "cratewise-shipping", Scheme: SchemeBasic, HexColor: "a61e4d",
			Description: "Labels and tracking from many carriers.",
			Categories:  []string{"commerce"}, ActionTypes: []string{"READ", "WRITE"},
		},
		{
			ID: "efe4ba6e-d9c7-43f1-8d34-a98550ad57ca", Title: "Code", Slug: "code", Scheme: SchemeNone, HexColor: "343a40",
			Description: "Runs a few lines of your own code.",
			Categories:  []string{"built-in", "developer-tools"}, ActionTypes: []string{"WRITE"},
		},
		{
			ID: "7526c1d3-de44-468a-b58a-346b0dbdebb4", Title: "Meetbrook", Slug: "meetbrook", Scheme: SchemeOAuth2, HexColor: "1971c2",
			Description: "Lets people book a time that suits you both.",
			Categories:  []string{"calendar"}, ActionTypes: []string{"READ", "WRITE"},
		},
		{
			ID: "ad838399-cf60-4ad7-b3e2-a6fc32f19006", Title: "Almanac Calendar", Slug: "almanac-calendar", Scheme: SchemeOAuth2, HexColor: "e03131",
			Description: "Shared calendars with reminders.",
			Categories:  []string{"calendar"}, ActionTypes: []string{"READ", "WRITE", "SEARCH"},
		},
		{
			ID: "a3eac36c-5806-47a9-8910-f33a5a5ae167", Title: "Peopleroot", Slug: "peopleroot", Scheme: SchemeSession, HexColor: "6741d9",
			Description: "Staff records, holidays and reviews.",
			Categories:  []string{"hr"}, ActionTypes: []string{"READ", "WRITE", "SEARCH"},
		},
		{
			ID: "2b8706ef-a600-419f-af21-cd62a815330e", Title: "Hirewell", Slug: "hirewell", Scheme: SchemeAPIKey, HexColor: "099268",
			Description: "Job adverts and candidates in one place.",
			Categories:  []string{"hr"}, ActionTypes: []string{"READ", "WRITE"},
		},
		{
			ID: "70dc6ec3-5faf-4c7a-80e9-73d8d1dbaeba", Title: "Pipelark", Slug: "pipelark", Scheme: SchemeAPIKey, HexColor: "4263eb",
			Description: "A sales pipeline you can read at a glance.",
			Categories:  []string{"crm", "marketing"}, ActionTypes: []string{"READ", "WRITE", "SEARCH"},
		},
		{
			ID: "4f421394-7718-46a7-9b48-03b58db00a6e", Title: "Notary Vault", Slug: "notary-vault", Scheme: SchemeDigest, HexColor: "5f3dc4",
			Description: "Signed papers, kept safely.",
			Categories:  []string{"files", "accounting"}, ActionTypes: []string{"READ"},
		},
		{
			ID: "5b2e3ab5-3e9c-402c-8e62-46065e6468e9", Title: "Coinfold Books", Slug: "coinfold-books", Scheme: SchemeOAuth2, HexColor: "66a80f",
			Description: "Double-entry bookkeeping without the fear.",
			Categories:  []string{"accounting"}, ActionTypes: []string{"READ", "WRITE"},
		},
		{
			ID: "27b4ec62-764f-4fdc-b032-f20f51f7f7e6", Title: "Birchmail", Slug: "birchmail", Scheme: SchemeBasic, HexColor: "d9480f",
			Description: "A mailbox for people who answer mail.",
			Categories:  []string{"email"}, ActionTypes: []string{"READ", "WRITE", "SEARCH"},
		},
		{
			ID: "46dbb685-259c-4ea3-b15f-e8f496ccbd51", Title: "Buildbeacon", Slug: "buildbeacon", Scheme: SchemeAPIKey, HexColor: "c92a2a",
			Description: "Says which build is broken, and since when.",
			Categories:  []string{"developer-tools"}, ActionTypes: []string{"READ", "WRITE"},
		},
		{
			ID: "ed292881-d4c4-4f33-a7f5-646371e08a7e", Title: "Gitterbox", Slug: "gitterbox", Scheme: SchemeOAuth2, HexColor: "364fc7",
			Description: "Repositories, reviews and releases.",
			Categories:  []string{"developer-tools"}, ActionTypes: []string{"READ", "WRITE", "SEARCH"},
		},
		{
			ID: "32adc371-76ec-47c3-8ae9-dfca7dcaa07a", Title: "Statuslight", Slug: "statuslight", Scheme: SchemeAPIKey, HexColor: "2b8a3e",
			Description: "A status page that updates itself.",
			Categories:  []string{"developer-tools", "support"}, ActionTypes: []string{"READ", "WRITE"},
		},
		{
			ID: "7b55df6a-7f01-47d5-a92e-fee8a24f8ce7", Title: "Draftsmith", Slug: "draftsmith", Scheme: SchemeAPIKey, HexColor: "ae3ec9",
			Description: "Writes a first draft for you to correct.",
			Categories:  []string{"ai-tools"}, ActionTypes: []string{"WRITE"},
		},
		{
			ID: "081c9499-fee3-4193-9da2-f3315f82fef3", Title: "Labelmind", Slug: "labelmind", Scheme: SchemeAPIKey, HexColor: "3bc9db",
			Description: "Puts incoming texts into the right drawer.",
			Categories:  []string{"ai-tools"}, ActionTypes: []string{"WRITE"},
		},
		{
			ID: "f3516caa-ff5f-4594-9934-a3a4f1fcb46b", Title: "Surveyroom", Slug: "surveyroom", Scheme: SchemeOAuth2, HexColor: "e64980",
			Description: "Surveys people finish.",
			Categories:  []string{"forms", "marketing"}, ActionTypes: []string{"READ"},
		},
		{
			ID: "fab739d8-14fe-4d74-bb13-4013e900487b", Title: "Loyalty Lane", Slug: "loyalty-lane", Scheme: SchemeSession, HexColor: "f76707",
			Description: "Points, tiers and small gifts.",
			Categories:  []string{"commerce", "marketing"}, ActionTypes: []string{"READ", "WRITE"},
		},
		{
			ID: "d8a0c706-8f9e-48f3-b5b0-eaf9c5ef85f7", Title: "Ringback Calls", Slug: "ringback-calls", Scheme: SchemeBasic, HexColor: "15aabf",
			Description: "A telephone exchange for small teams.",
			Categories:  []string{"communication", "support"}, ActionTypes: []string{"READ", "WRITE"},
		},
		{
			ID: "d2cc4451-7dea-418d-97e8-f718973788cc", Title: "Textmoor", Slug: "textmoor", Scheme: SchemeAPIKey, HexColor: "40c057",
			Description: "Text messages to one person or to thousands.",
			Categories:  []string{"communication"}, ActionTypes: []string{"READ", "WRITE"},
		},
		{
			ID: "08a4659a-970d-4868-8b60-d086a5bded71", Title: "Timesheet Tom", Slug: "timesheet-tom", Scheme: SchemeBasic, HexColor: "845ef7",
			Description: "Hours in, invoices out.",
			Categories:  []string{"hr", "accounting"}, ActionTypes: []string{"READ", "WRITE"},
		},
		{
			ID: "510f3902-bef7-450c-b66a-b435af8740c0", Title: "Voucherly Post", Slug: "voucherly-post", Scheme: SchemeAPIKey, HexColor: "fd7e14",
			Description: "Coupons sent at the right moment.",
			Categories:  []string{"marketing", "commerce"}, ActionTypes: []string{"WRITE"},
		},
		{
			ID: "0fdcba73-6dbc-4f06-8457-11806f909500", Title: "Daily Weather", Slug: "daily-weather", Scheme: SchemeNone, HexColor: "1c7ed6",
			Description: "A weather report every morning; no account needed.",
			Categories:  []string{"built-in"}, ActionTypes: []string{"READ"},
		},
		{
			ID: "f70b8be5-ee0c-4ec2-9b57-ee9abd0c8db2", Title: "Contact Cove", Slug: "contact-cove", Scheme: SchemeBasic, HexColor: "0ca678",
			Description: "An address book for the whole company.",
			Categories:  []string{"crm"}, ActionTypes: []string{"READ", "WRITE", "SEARCH"},
		},
		{
			ID: "6eda84d8-2b4b-43f9-8d7d-95a2ea1bd430", Title: "Dealflow Atlas", Slug: "dealflow-atlas", Scheme: SchemeSession, HexColor: "9c36b5",
			Description: "Deals on a map, with the people behind them.",
			Categories:  []string{"crm"}, ActionTypes: []string{"READ", "WRITE", "SEARCH"},
		},
		{
			ID: "b3065f24-ae4d-415c-8d78-1df5f16c9db0", Title: "Slate Kanban", Slug: "slate-kanban", Scheme: SchemeSession, HexColor: "37b24d",
			Description: "A wall of cards that moves with the work.",
			Categories:  []string{"project-management"}, ActionTypes: []string{"READ", "WRITE"},
		},
		{
			ID: "46289570-75d8-4f6f-b311-2cb95df42c2b", Title: "Filefjord", Slug: "filefjord", Scheme: SchemeOAuth2, HexColor: "1098ad",
			Description: "Folders in the cloud, synced to every desk.",
			Categories:  []string{"files"}, ActionTypes: []string{"READ", "WRITE", "SEARCH"},
		},
		{
			ID: "97174f1f-b532-43be-a5e5-8e48b23b0914", Title: "Helpfern", Slug: "helpfern", Scheme: SchemeOAuth2, HexColor: "74b816",
			Description: "A chat bubble with people behind it.",
			Categories:  []string{"support"}, ActionTypes: []string{"READ", "WRITE"},
		},
		{
			ID: "f1fef7fb-d02d-4304-b208-ea4347ebcae6", Title: "Mailwright Transactional Delivery Service", Slug: "mailwright-transactional-delivery-service", Scheme: SchemeAPIKey, HexColor: "e8590c",
			Description: "Receipts, password links and other mail that has to arrive, with a name long enough to test every layout.",
			Categories:  []string{"email", "developer-tools"}, ActionTypes: []string{"WRITE"},
		},
		{
			ID: "b67d3a5a-15d4-475a-85de-af8815121ae0", Title: "Inkwell Contracts", Slug: "inkwell-contracts", Scheme: SchemeDigest, HexColor: "4c6ef5",
			Description: "Contracts that sign themselves, nearly.",
			Categories:  []string{"files", "hr"}, ActionTypes: []string{"READ", "WRITE"},
		},
		{
			ID: "51bf45bd-1923-4569-baa3-7b852ec6c38d", Title: "Rosterly", Slug: "rosterly", Scheme: SchemeAPIKey, HexColor: "f03e3e",
			Description: "Shifts, swaps and holidays.",
			Categories:  []string{"hr", "calendar"}, ActionTypes: []string{"READ", "WRITE"},
		},
		{
			ID: "c5eb511b-acc4-4d2c-948d-d156c2499889", Title: "Quorum Polls", Slug: "quorum-polls", Scheme: SchemeOAuth2, HexColor: "7950f2",
			Description: "Quick votes in the middle of a talk.",
			Categories:  []string{"forms", "communication"}, ActionTypes: []string{"READ"},
		},
		{
			ID: "6bebda00-82c8-4329-8a33-1cc7250ee536", Title: "Payferry", Slug: "payferry", Scheme: SchemeAPIKey, HexColor: "12b886",
			Description: "Payments that reach the other shore.",
			Categories:  []string{"commerce", "accounting"}, ActionTypes: []string{"READ", "SEARCH"},
		},
	}
}

// categoryTable lists every category an App of appTable may name. It is longer than one page of ten on purpose.
func categoryTable() []category {
	return []category{
		{ID: 11, Slug: "crm", Title: "CRM", Description: "Keep track of customers and deals.", Role: "parent"},
		{ID: 14, Slug: "marketing", Title: "Marketing", Description: "Reach people and measure it.", Role: "parent"},
		{ID: 17, Slug: "email", Title: "Email", Description: "Send, sort and answer mail.", Role: "parent"},
		{ID: 20, Slug: "project-management", Title: "Project Management", Description: "Plan work and follow it.", Role: "parent"},
		{ID: 23, Slug: "forms", Title: "Forms & Surveys", Description: "Ask questions and collect the answers.", Role: "parent"},
		{ID: 26, Slug: "commerce", Title: "Commerce", Description: "Sell things and ship them.", Role: "parent"},
		{ID: 29, Slug: "accounting", Title: "Accounting", Description: "Invoices, expenses and books.", Role: "child"},
		{ID: 32, Slug: "files", Title: "Files & Storage", Description: "Keep documents where people find them.", Role: "parent"},
		{ID: 35, Slug: "communication", Title: "Communication", Description: "Chat, calls and announcements.", Role: "parent"},
		{ID: 38, Slug: "developer-tools", Title: "Developer Tools", Description: "Build, ship and watch software.", Role: "parent"},
		{ID: 41, Slug: "support", Title: "Customer Support", Description: "Answer customers and close tickets.", Role: "child"},
		{ID: 44, Slug: "calendar", Title: "Calendars", Description: "Meetings, bookings and reminders.", Role: "parent"},
		{ID: 47, Slug: "hr", Title: "Human Resources", Description: "Hire people and look after them.", Role: "parent"},
		{ID: 50, Slug: "ai-tools", Title: "AI Tools", Description: "Summaries, drafts and labels made by machines.", Role: "parent"},
		{ID: 53, Slug: "built-in", Title: "Built-in Tools", Description: "Tools that need no account anywhere.", Role: "parent"},
	}
}
