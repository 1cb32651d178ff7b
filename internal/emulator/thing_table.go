package emulator

// thingTable says what each App keeps, by slug. The first column of each thing
// is its id, the second what people know it by.
func thingTable() map[string][]thing {
	one := func(noun, plural, columns string) []thing { return []thing{newThing(noun, plural, columns)} }
	return map[string][]thing{
		"superexamplecrm": {
			newThing("Lead", "Leads", "id:id full_name:person first_name:first last_name:last email:email phone:phone "+
				"company__name:company company__city:city source=website|event|referral value:amount tags[]name:word created_at:date"),
			newThing("Contact", "Contacts", "id:id full_name:person email:email phone:phone address__city:city newsletter:flag"),
			newThing("Deal", "Deals", "id:id name:title amount:amount stage=new|qualified|won|lost owner__full_name:person close_date:date"),
		},
		"platformadmanager": {
			newThing("Engagement Report", "Engagement Reports", "id:id full_name:person account:title campaign:title kind=summary|detailed "+
				"clicks:count spend:amount audiences[]name:word created_at:date"),
			newThing("Campaign", "Campaigns", "id:id name:title budget:amount status=draft|running|paused starts_at:date"),
		},
		"marigold-mail": {
			newThing("Newsletter", "Newsletters", "id:id subject:title body:text recipients:count sent:flag send_at:date"),
			newThing("Subscriber", "Subscribers", "id:id email:email name:person lists[]name:word confirmed:flag"),
		},
		"filter":              {},
		"ledgerleaf":          one("Invoice", "Invoices", "id:id number:title customer__name:company customer__email:email total:amount due_date:date status=draft|open|paid lines[]text:title"),
		"old-harbour-archive": one("Document", "Documents", "id:id title:title file:file pages:count archived_at:date"),
		"gridwork-sheets":     one("Spreadsheet Row", "Spreadsheet Rows", "id:id COL$A:title"),
		"taskery":             one("Task", "Tasks", "id:id title:title notes:text due_date:date assignee__full_name:person assignee__email:email tags[]name:word done:flag"),
		"pondside-chat":       one("Message", "Messages", "id:id text:text room__name:word author__name:person sent_at:date pinned:flag"),
		"webhooks":            one("Request", "Requests", "id:id url:url body:text status_code:count"),
		"formella":            one("Answer", "Answers", "id:id email:email form__title:title answers[]text:text submitted_at:date"),
		"quillpad-notes":      one("Note", "Notes", "id:id title:title body:text notebook__name:word updated_at:date"),
		"brightdesk":          one("Ticket", "Tickets", "id:id subject:title description:text requester__name:person requester__email:email priority=low|normal|high status=open|pending|solved"),
		"stallhaven":          one("Order", "Orders", "id:id number:title customer__full_name:person total:amount items[]name:title paid:flag created_at:date"),
		"cratewise-shipping":  one("Shipment", "Shipments", "id:id tracking_code:title recipient__name:person recipient__city:city weight:amount status=packed|moving|delivered"),
		"code":                one("Result", "Results", "id:id output:text"),
		"meetbrook":           one("Booking", "Bookings", "id:id title:title guest__name:person guest__email:email starts_at:date cancelled:flag"),
		"almanac-calendar":    one("Event", "Events", "id:id summary:title location:city starts_at:date ends_at:date attendees[]email:email all_day:flag"),
		"peopleroot":          one("Employee", "Employees", "id:id full_name:person email:email department=sales|support|product starts_on:date"),
		"hirewell":            one("Candidate", "Candidates", "id:id full_name:person email:email job__title:title cv:file stage=applied|interview|offer"),
		"pipelark":            one("Deal", "Deals", "id:id name:title value:amount stage=lead|demo|closed contact__name:person contact__email:email"),
		"notary-vault":        one("Signed Paper", "Signed Papers", "id:id title:title signer__name:person file:file signed_at:date"),
		"coinfold-books":      one("Booking Entry", "Booking Entries", "id:id text:title debit:amount credit:amount booked_on:date"),
		"birchmail":           one("Mail", "Mails", "id:id subject:title from__name:person from__email:email body:text attachments[]url:url received_at:date"),
		"buildbeacon":         one("Build", "Builds", "id:id name:title commit__message:text commit__author:person duration:count status=passed|failed parents[]sha:word"),
		"gitterbox":           one("Issue", "Issues", "id:id title:title body:text author__login:word labels[]name:word closed:flag created_at:date"),
		"statuslight":         one("Incident", "Incidents", "id:id title:title impact=minor|major|critical updates[]text:text started_at:date"),
		"draftsmith":          one("Draft", "Drafts", "id:id prompt:text text:text words:count"),
		"labelmind":           one("Label", "Labels", "id:id text:text label:word confidence:amount"),
		"surveyroom":          one("Survey Answer", "Survey Answers", "id:id respondent:email score:count comment:text submitted_at:date"),
		"loyalty-lane":        one("Member", "Members", "id:id full_name:person email:email points:count tier=bronze|silver|gold"),
		"ringback-calls":      one("Call", "Calls", "id:id caller:phone minutes:count missed:flag started_at:date"),
		"textmoor":            one("Text Message", "Text Messages", "id:id to:phone text:text sent_at:date"),
		"timesheet-tom":       one("Time Entry", "Time Entries", "id:id project:title hours:amount person__name:person worked_on:date"),
		"voucherly-post":      one("Voucher", "Vouchers", "id:id code:title percent:count recipient__email:email valid_until:date"),
		"daily-weather":       one("Weather Report", "Weather Reports", "id:id summary:title city:city temperature:amount sky=clear|cloudy|rain day:date"),
		"contact-cove":        one("Contact", "Contacts", "id:id full_name:person email:email phone:phone company__name:company address__city:city"),
		"dealflow-atlas":      one("Deal", "Deals", "id:id name:title city:city value:amount owner__name:person"),
		"slate-kanban":        one("Card", "Cards", "id:id title:title column=todo|doing|done checklist[]text:title due_date:date"),
		"filefjord":           one("File", "Files", "id:id name:title folder__name:word file:file size:count changed_at:date"),
		"helpfern":            one("Conversation", "Conversations", "id:id subject:title visitor__name:person visitor__email:email open:flag"),
		"mailwright-transactional-delivery-service": one("Delivery", "Deliveries", "id:id to:email subject:title html:text delivered:flag"),
		"inkwell-contracts":                         one("Contract", "Contracts", "id:id title:title party__name:company file:file signed:flag ends_on:date"),
		"rosterly":                                  one("Shift", "Shifts", "id:id person:person role=bar|floor|kitchen starts_at:date ends_at:date"),
		"quorum-polls":                              one("Poll", "Polls", "id:id question:title votes:count options[]text:word closes_at:date"),
		"payferry":                                  one("Payment", "Payments", "id:id reference:title amount:amount payer__name:person payer__email:email paid_at:date"),
	}
}
