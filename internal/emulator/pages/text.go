package pages

import "unicode/utf8"

// initial is the first letter of a name.
func initial(name string) string {
	r, _ := utf8.DecodeRuneInString(name)
	return string(r)
}

// describedBy are the ids of the texts that belong to a field, in reading order.
func describedBy(f Field) string {
	switch {
	case f.Problem != "" && f.Help != "":
		return f.Name + "-problem " + f.Name + "-help"
	case f.Problem != "":
		return f.Name + "-problem"
	case f.Help != "":
		return f.Name + "-help"
	}
	return ""
}

// invalid is the value of aria-invalid.
func invalid(f Field) string {
	if f.Problem != "" {
		return "true"
	}
	return "false"
}

// inputType hides what is secret.
func inputType(f Field) string {
	if f.Secret {
		return "password"
	}
	return "text"
}
