package emulator

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"
)

// specialActions change what newAction made, by App and key. Here are the forms
// with something to them: selects that depend on one another over several pages,
// every value type and format, fields that come and go.
func specialActions() map[string]func(*action) {
	changes := map[string]func(*action){
		"superexamplecrm/new_lead":                   func(a *action) { a.form, a.instant = leadForm, true },
		"platformadmanager/create_engagement_report": func(a *action) { a.form = reportForm },
		"marigold-mail/create_newsletter":            func(a *action) { a.form = newsletterForm },
		"code/create_result":                         makeCode,
		"webhooks/create_request":                    makeWebhook,
	}
	for _, key := range []string{"new", "create", "find"} {
		changes["gridwork-sheets/"+key+"_spreadsheet_row"] = makeSheet
	}
	return changes
}

// leadForm is the guide's trigger: a pipeline, then a stage of it.
func leadForm(f filling) []formItem {
	pipelines := []choice{}
	for i, name := range []string{"Inbound", "Outbound", "Partners", "Events", "Renewals", "Trials", "Win-back"} {
		pipelines = append(pipelines, choice{fmt.Sprintf("pl_%02d", i+1), name})
	}
	var stages []choice
	if pipeline := f.text("pipeline"); pipeline != "" {
		for i, name := range []string{"New", "Contacted", "Qualified", "Proposal", "Negotiation", "Won", "Lost"} {
			stages = append(stages, choice{fmt.Sprintf("%s_st_%d", pipeline, i+1), name})
		}
	}
	return []formItem{
		newInfo("about", "Leads of the last **30 days** are looked at first. See [the help page](https://help.example/leads)."),
		newField("pipeline", "Pipeline", valueString).oneOf(pipelines).redraws().help("Leave empty for *all* pipelines."),
		newField("stage", "Stage", valueString).oneOf(stages).after("pipeline"),
	}
}

// reportForm is the guide's action.
func reportForm(f filling) []formItem {
	accounts := choicesOf("Northwind Ads", "Bluefern Ads", "Halfmoon Ads")
	var campaigns []choice
	if account := f.text("account"); account != "" {
		for i := range 12 {
			campaigns = append(campaigns, choice{fmt.Sprintf("%s-%d", snake(account), i+1), fmt.Sprintf("%s: campaign %d", account, i+1)})
		}
	}
	items := []formItem{
		newField("full_name", "Full Name", valueString).required().help("Of the lead the report is about."),
		newField("account", "Ad Account", valueString).oneOf(accounts).redraws().help("Choose this **first**."),
		newField("campaign", "Campaign", valueString).oneOf(campaigns).after("account"),
		newField("kind", "Kind of Report", valueString).oneOf([]choice{{"summary", "Summary"}, {"detailed", "Detailed"}}).preset("summary").redraws(),
	}
	if f.text("kind") != "detailed" {
		return items
	}
	return append(items,
		newInfo("detail_note", "A detailed report takes **a minute or two**:\n\n- all clicks\n- all costs"),
		newFieldset("detail", "What to Put In",
			newField("detail__from", "From", valueString).as(formatDatetime).preset(f.now.UTC().AddDate(0, 0, -7).Format(time.RFC3339)).required(),
			newField("detail__to", "To", valueString).as(formatDatetime).preset(f.now.UTC().Format(time.RFC3339)),
			newInfo("detail__note", "Times are in *UTC*."),
			newField("detail__costs", "With Costs", valueBoolean).oneOf(yesNo()).preset("False"),
		))
}

// newsletterForm has every value type and every format, and whatever else a form
// can have.
func newsletterForm(f filling) []formItem {
	tomorrow := f.now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1).Add(9 * time.Hour)
	slug := strings.ReplaceAll(strings.ToLower(f.text("subject")), " ", "-")
	return []formItem{
		newInfo("guide", "See [how to send](https://help.example/newsletters). <b onclick=\"alert(1)\">Not bold</b> "+
			"<img src=x onerror=alert(1)> [not a link](javascript:alert(1))"),
		newField("notice", "Before You Send", valueString).as(formatReadonly).help("Newsletters **cannot** be called back.\n\n1. Test it\n2. Send it"),
		newField("subject", "Subject", valueString).required().redraws().hint("News in March"),
		newField("slug", "Web Address", valueString).preset(slug).help("Made from the subject."),
		newField("body", "Text", valueString).as(formatMultiline),
		newField("html", "HTML", valueString).as(formatCode).preset("<p>Hello</p>"),
		newField("archive_password", "Password of the Archive", valueString).as(formatPassword),
		newField("header_image", "Header Image", valueString).as(formatFile).help("The address of a picture."),
		newField("send_at", "Send At", valueString).as(formatDatetime).preset(tomorrow.Format(time.RFC3339)),
		newField("segment", "Segment", valueString).oneOf(choicesOf("everyone", "customers", "partners", "press", "staff", "trial", "lapsed")).preset("everyone").redraws(),
		newField("part", "Part of the Segment", valueString).oneOf(parts(f.text("segment"))).after("segment").redraws(),
		newField("town", "Town", valueString).oneOf(towns()).inPagesOf(50).hint("All towns"),
		newField("priority", "Priority", valueInteger).oneOf([]choice{{"1", "High"}, {"2", "Normal"}, {"3", "Low"}}).preset("2"),
		newField("recipients", "Most Recipients", valueInteger).preset("500"),
		newField("budget", "Budget", valueNumber).hint("49.50"),
		newField("sent", "Send at Once", valueBoolean).oneOf(yesNo()).preset("False"),
		newField("lists", "Lists", valueArray).of(valueString).help("One name for each line."),
		newField("sizes", "Image Sizes", valueArray).of(valueInteger),
		newField("rates", "Rates", valueArray).of(valueNumber),
		newField("switches", "Switches", valueArray).of(valueBoolean),
		newField("send_days", "Days to Send On", valueArray).of(valueString).oneOf(choicesOf("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")),
		newField("merge_fields", "Merge Fields", valueObject).help("Names on the left, values on the right."),
		newFieldset("sender", "Sender",
			newField("sender__name", "Name", valueString),
			newInfo("sender__note", "Replies go to **this** address."),
			newField("sender__email", "Address", valueString).hint("news@example.com"),
		),
	}
}

// parts are those of a segment.
func parts(segment string) []choice {
	if segment == "" {
		return nil
	}
	return []choice{{segment + "_new", "New " + segment}, {segment + "_old", "Long-standing " + segment}}
}

// towns are more than anybody wants to scroll through.
func towns() []choice {
	var choices []choice
	for _, first := range []string{"Alder", "Birch", "Clay", "Dove", "Elm", "Fern", "Gold", "Heather", "Iron", "Juniper", "King", "Lime"} {
		for _, last := range []string{"bridge", "brook", "bury", "field", "ford", "gate", "ham", "hill", "mouth", "stead", "ton", "wick"} {
			choices = append(choices, choice{fmt.Sprintf("town_%03d", len(choices)+1), first + last})
		}
	}
	return choices
}

func makeCode(a *action) {
	a.key, a.title, a.description = "run_javascript", "Run JavaScript", "Gives back what your code puts in output."
	a.form = func(filling) []formItem {
		return []formItem{
			newField("input", "Input Data", valueObject).help("Use `inputData.keyName` within your code. The data is provided **as strings**."),
			newField("code", "Code", valueString).as(formatCode).required().preset("output = [{id: 123, hello: \"world\"}];").
				help("**Warning! This is an advanced action!** The emulator does not run it: it gives back a sample."),
		}
	}
}

func makeWebhook(a *action) {
	a.key, a.title, a.description = "post", "POST", "Sends a request. The emulator sends none: it keeps what it would have sent."
	a.form = func(f filling) []formItem {
		items := []formItem{
			newField("url", "URL", valueString).required().hint("https://example.com/hook"),
			newField("payload_type", "Payload Type", valueString).oneOf(choicesOf("json", "form", "raw")).preset("json").redraws(),
			newField("headers", "Headers", valueObject),
		}
		if f.text("payload_type") == "raw" {
			return append(items, newField("body", "Data", valueString).as(formatMultiline).required())
		}
		return append(items, newField("data", "Data", valueObject))
	}
}

// makeSheet has a spreadsheet, a worksheet of it, and the columns of that.
func makeSheet(a *action) {
	write := a.writes()
	search := a.kind == typeSearch
	a.columns = sheetColumns
	a.shelf = func(f filling) string { return f.text("spreadsheet") + "/" + f.text("worksheet") }
	a.form = func(f filling) []formItem {
		items := []formItem{
			newField("spreadsheet", "Spreadsheet", valueString).oneOf(spreadsheets()).required().redraws(),
			newField("worksheet", "Worksheet", valueString).oneOf(worksheets(f)).required().after("spreadsheet").redraws(),
		}
		if len(sheetColumns(f)) == 1 {
			return items
		}
		if search {
			return append(items, newField("COL$A", "Look for This Name", valueString).required().after("worksheet"))
		}
		if !write {
			return items
		}
		set := newFieldset("columns", "Columns of "+f.text("worksheet"), newInfo("header_note", "From the **first row** of the worksheet."))
		for _, c := range sheetColumns(f)[1:] {
			field := c.field().after("worksheet")
			if c.id == "COL$A" {
				field = field.required()
			}
			set.Fields = append(set.Fields, field)
		}
		return append(items, set)
	}
}

func spreadsheets() []choice {
	var choices []choice
	for i, name := range []string{
		"Leads", "Orders", "Stock", "Holidays", "Budget", "Suppliers", "Visits", "Courses", "Cars", "Keys", "Rooms", "Tools",
	} {
		choices = append(choices, choice{fmt.Sprintf("sheet_%02d", i+1), name})
	}
	return choices
}

func worksheets(f filling) []choice {
	spreadsheet := f.text("spreadsheet")
	if spreadsheet == "" {
		return nil
	}
	var choices []choice
	for i, name := range []string{"This Year", "Last Year", "Archive", "Drafts", "Totals", "Notes", "Import"} {
		choices = append(choices, choice{fmt.Sprintf("%s_ws_%d", spreadsheet, i+1), name})
	}
	return choices
}

// sheetColumns are those of the chosen worksheet, or the id alone. Worksheets
// differ, so that nobody takes the columns of one for those of another.
func sheetColumns(f filling) []column {
	columns := []column{{id: "id", kind: kindID}}
	worksheet := f.text("worksheet")
	if worksheet == "" || f.text("spreadsheet") == "" {
		return columns
	}
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(worksheet)) // never fails
	columns = append(columns, column{id: "COL$A", kind: kindTitle})
	kinds := []string{kindPerson, kindEmail, kindAmount, kindCount, kindDate, kindFlag, kindText}
	from := int(sum.Sum32() % uint32(len(kinds)))
	for i := range 3 + from%3 {
		columns = append(columns, column{id: "COL$" + string(rune('B'+i)), kind: kinds[(from+i)%len(kinds)]})
	}
	return columns
}
