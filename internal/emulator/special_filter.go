package emulator

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxCriteria is how many conditions one filter can have.
const maxCriteria = 5

// filterAction is Filter by Zapier with all that api.md 4 tells of it.
func filterAction(app App) *action {
	return &action{
		app: app, kind: typeFilter, key: "filter", title: "Only continue if…",
		description: "Goes on only when the conditions are met.",
		form:        filterForm,
		columns:     func(filling) []column { return []column{{"can_continue", kindStatus, []string{"true", "false"}}} },
		shelf:       func(filling) string { return "" },
	}
}

func filterForm(f filling) []formItem {
	var counts []choice
	for n := 1; n <= maxCriteria; n++ {
		counts = append(counts, choice{strconv.Itoa(n), strconv.Itoa(n)})
	}
	items := []formItem{
		newField("filter_criteria_count", "Number of Conditions", valueInteger).oneOf(counts).required().preset("1").redraws(),
	}
	count := criteriaCount(f)
	if count > 1 {
		items = append(items, newField("boolean_operator", "Continue If", valueString).required().preset("and").
			oneOf([]choice{{"and", "All conditions are met"}, {"or", "One condition is met"}}))
	}
	for n := 1; n <= count; n++ {
		items = append(items, criterion(f, n))
	}
	return items
}

func criteriaCount(f filling) int {
	count, err := strconv.Atoi(f.text("filter_criteria_count"))
	if err != nil {
		return 1
	}
	return min(max(count, 1), maxCriteria)
}

func criterion(f filling, n int) fieldset {
	name := fmt.Sprintf("filter_criteria_%d", n)
	set := newFieldset(name, fmt.Sprintf("Condition %d", n),
		newField(name+"_key", "Field", valueString).required().fromStepBefore().help("One `{{field}}` of an earlier step."),
		newField(name+"_match", "Condition", valueString).required().redraws().oneOf(filterOperators()),
	)
	if match := f.text(name + "_match"); match != "" && needsValue(match) {
		set.Fields = append(set.Fields, newField(name+"_value", "Value", valueString).required())
	}
	return set
}

func filterOperators() []choice {
	return choicesOf("contains", "does not contain", "exactly matches", "does not exactly match", "is in", "is not in",
		"starts with", "does not start with", "ends with", "does not end with", "is greater than", "is less than",
		"is after", "is before", "is the same as", "is true", "is false", "exists", "does not exist")
}

func needsValue(match string) bool {
	return !slices.Contains([]string{"is true", "is false", "exists", "does not exist"}, match)
}

// passes decides a filter whose references have been filled in.
func passes(f filling) bool {
	count := criteriaCount(f)
	met := 0
	for n := 1; n <= count; n++ {
		name := fmt.Sprintf("filter_criteria_%d", n)
		key, _ := f.values[name+"_key"].(string)
		value, _ := f.values[name+"_value"].(string)
		if compare(f.text(name+"_match"), key, value) {
			met++
		}
	}
	if f.text("boolean_operator") == "or" {
		return met > 0
	}
	return met == count
}

func compare(match, key, value string) bool {
	if positive, found := strings.CutPrefix(match, "does not "); found {
		return !compare(map[string]string{
			"contain": "contains", "exactly match": "exactly matches", "start with": "starts with",
			"end with": "ends with", "exist": "exists",
		}[positive], key, value)
	}
	switch match {
	case "contains":
		return strings.Contains(key, value)
	case "exactly matches":
		return key == value
	case "is in":
		return slices.Contains(splitTrimmed(value), key)
	case "is not in":
		return !slices.Contains(splitTrimmed(value), key)
	case "starts with":
		return strings.HasPrefix(key, value)
	case "ends with":
		return strings.HasSuffix(key, value)
	case "is true", "is false":
		return isTrue(key) == (match == "is true")
	case "exists":
		return key != ""
	}
	return compareOrder(match, key, value)
}

// compareOrder is for numbers and times; what is neither is never before, after or the same.
func compareOrder(match, key, value string) bool {
	var order int
	left, leftErr := strconv.ParseFloat(key, 64)
	right, rightErr := strconv.ParseFloat(value, 64)
	if leftErr == nil && rightErr == nil {
		order = cmp.Compare(left, right)
	} else {
		from, isTime := parseTime(key)
		to, alsoTime := parseTime(value)
		if !isTime || !alsoTime {
			return false
		}
		order = from.Compare(to)
	}
	switch match {
	case "is greater than", "is after":
		return order > 0
	case "is less than", "is before":
		return order < 0
	case "is the same as":
		return order == 0
	}
	return false
}

func isTrue(text string) bool {
	return slices.Contains([]string{"true", "yes", "1", "on"}, strings.ToLower(text))
}

func splitTrimmed(text string) []string {
	parts := strings.Split(text, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}
