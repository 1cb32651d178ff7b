package contract_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// exchange is a request and what it was answered.
type exchange struct {
	method string
	url    *url.URL
	header http.Header
	body   []byte
	scopes []string // of the user token in header
	wrong  bool     // the request breaks the rules on purpose
	status int
	answer http.Header
	said   []byte
}

func (x exchange) String() string {
	said := string(x.said)
	return fmt.Sprintf("%s %s %s\n-> %d %s", x.method, x.url.RequestURI(), x.body, x.status, said[:min(len(said), 2000)])
}

// request makes the request again.
func (x exchange) request(ctx context.Context) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, x.method, x.url.String(), bytes.NewReader(x.body))
	if err == nil {
		r.Header = x.header.Clone()
	}
	return r, err
}

// route is one operation of the document, corrected as it was asked for.
type route struct{ routers.Route }

// judge says what the document has against an exchange.
func (r route) judge(ctx context.Context, x exchange) error {
	request, err := x.request(ctx)
	if err != nil {
		return err
	}
	input := &openapi3filter.RequestValidationInput{
		Request: request, Route: &r.Route, PathParams: pathValues(r.Path, x.url),
		Options: &openapi3filter.Options{
			AuthenticationFunc: credential(x), IncludeResponseStatus: true, SkipSettingDefaults: true, RejectWhenRequestBodyNotSpecified: true,
			SchemaValidationOptions: []openapi3.SchemaValidationOption{openapi3.WithStringFormatValidators(formats())},
		},
	}
	var problems []error
	if !x.wrong {
		problems = append(problems, openapi3filter.ValidateRequest(ctx, input), r.undeclared(x))
	}
	problems = append(problems, openapi3filter.ValidateResponse(ctx, &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: x.status, Header: x.answer, Body: io.NopCloser(bytes.NewReader(x.said)), Options: input.Options,
	}))
	return errors.Join(problems...)
}

// formats are those the document uses and the library leaves open.
func formats() map[string]openapi3.StringFormatValidator {
	return map[string]openapi3.StringFormatValidator{
		"uuid": openapi3.NewRegexpFormatValidator(openapi3.FormatOfStringForUUIDOfRFC9562),
		"email": openapi3.NewCallbackValidator(func(text string) error {
			_, err := mail.ParseAddress(text)
			return err
		}),
		"uri": openapi3.NewCallbackValidator(func(text string) error {
			if u, err := url.Parse(text); err != nil || !u.IsAbs() {
				return fmt.Errorf("%q is no absolute URI", text)
			}
			return nil
		}),
	}
}

// undeclared says which parameters of the query the document does not know; the library lets them pass.
func (r route) undeclared(x exchange) error {
	for name := range x.url.Query() {
		name, _, deep := strings.Cut(name, "[")
		known := slices.ContainsFunc(r.Operation.Parameters, func(p *openapi3.ParameterRef) bool {
			return p.Value.In == "query" && p.Value.Name == name && deep == (p.Value.Style == "deepObject")
		})
		if !known && !r.takesInQuery(name) {
			return fmt.Errorf("the query parameter %q is not declared", name)
		}
	}
	return nil
}

// takesInQuery reports whether a credential goes by this name.
func (r route) takesInQuery(name string) bool {
	if r.Operation.Security == nil {
		return false
	}
	for _, alternative := range *r.Operation.Security {
		for scheme := range alternative {
			if s := r.Spec.Components.SecuritySchemes[scheme].Value; s.In == "query" && s.Name == name {
				return true
			}
		}
	}
	return false
}

// credential accepts what a request carries if it is of the scheme and of all its scopes.
func credential(x exchange) openapi3filter.AuthenticationFunc {
	return func(_ context.Context, input *openapi3filter.AuthenticationInput) error {
		if input.SecurityScheme.Type == "apiKey" {
			if x.url.Query().Get(input.SecurityScheme.Name) == "" {
				return errors.New("no client id")
			}
			return nil
		}
		if !strings.HasPrefix(x.header.Get("Authorization"), "Bearer ") {
			return errors.New("no user token")
		}
		for _, scope := range input.Scopes {
			if !slices.Contains(x.scopes, scope) {
				return fmt.Errorf("the token lacks %s", scope)
			}
		}
		return nil
	}
}

// pathValues are the parts of a path that a template names; nil when it is another path.
func pathValues(template string, u *url.URL) map[string]string {
	wanted, given := strings.Split(template, "/"), strings.Split(u.EscapedPath(), "/")
	if len(wanted) != len(given) {
		return nil
	}
	values := map[string]string{}
	for i, part := range wanted {
		value, err := url.PathUnescape(given[i])
		name, named := strings.CutPrefix(part, "{")
		switch {
		case err != nil || value == "" && part != "":
			return nil
		case named:
			values[strings.TrimSuffix(name, "}")] = value
		case value != part:
			return nil
		}
	}
	return values
}

// operation is the one of these that an exchange belongs to, "" if it is none.
func (x exchange) operation(of []string) string {
	for _, name := range of {
		method, path, _ := strings.Cut(name, " ")
		if method == x.method && pathValues(path, x.url) != nil {
			return name
		}
	}
	return ""
}
