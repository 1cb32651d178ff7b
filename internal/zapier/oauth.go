package zapier

import (
	"errors"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

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

// TokenRetryAfter is how long the token endpoint, which err is from, said to wait; 0 when it did not say.
func TokenRetryAfter(err error) time.Duration {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok || refused.Response == nil {
		return 0
	}
	return RetryAfter(refused.Response.Header)
}
