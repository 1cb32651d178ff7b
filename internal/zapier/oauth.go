package zapier

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
)

// opToken is what errors call a call of the token endpoint.
const opToken = "oauth.token"

// Endpoint returns where users authorize and where tokens come from (api.md 1.1): the authorize link of
// the current guide, and the token address with its slash, which the guide writes so.
// The client's credentials go in the body, which every edition of the guide shows (api.md 7, number 3).
func Endpoint(apiURL, origin string) oauth2.Endpoint {
	return oauth2.Endpoint{
		AuthURL:   strings.TrimSuffix(apiURL, "/") + "/v2/authorize",
		TokenURL:  strings.TrimSuffix(origin, "/") + "/oauth/token/",
		AuthStyle: oauth2.AuthStyleInParams,
	}
}

// TokenError is what went wrong with a call of the token endpoint, as that of a call of the API is told; false when err is
// of something else.
func TokenError(err error) (*Error, bool) {
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok && refused.Response != nil {
		return errors.AsType[*Error](answerError(opToken, refused.Response))
	}
	if broken, ok := errors.AsType[*url.Error](err); ok {
		return errors.AsType[*Error](transportError(context.Background(), opToken, broken))
	}
	return nil, false
}
