package main

import (
	"crypto/rand"
	"net/http"
	"net/http/httputil"
	"net/url"

	"github.com/go-chi/chi/v5"
	"github.com/gorilla/sessions"
	"golang.org/x/oauth2"
)

// keptConnections are as many as there are connections in the load. Without it
// net/http keeps two to a host, and a baseline would measure dialling.
func keptConnections() *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = connections
	return transport
}

// bareProxy passes everything on and knows nothing of anybody: nothing that
// looks at a session can be faster.
func bareProxy(origin *url.URL) http.Handler {
	return &httputil.ReverseProxy{
		Transport: keptConnections(),
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(origin) },
	}
}

// cookieProxy is what somebody writes in an afternoon: the token lies in a
// cookie that is encrypted and signed, and goes into the header of each call.
// It has no refresh, no sign-out that lasts, and no defence.
func cookieProxy(address string, origin *url.URL) http.Handler {
	hashKey, blockKey := make([]byte, 32), make([]byte, 32)
	rand.Read(hashKey) // neither fails: it ends the program instead
	rand.Read(blockKey)
	store := sessions.NewCookieStore(hashKey, blockKey)
	store.Options = &sessions.Options{Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
	oauth := oauth2.Config{
		ClientID: clientID, ClientSecret: clientSecret, RedirectURL: "http://" + address + "/callback",
		Endpoint: oauth2.Endpoint{AuthURL: origin.String() + "/v2/authorize", TokenURL: origin.String() + "/oauth/token/"},
	}
	proxy := &httputil.ReverseProxy{
		Transport: keptConnections(),
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(origin)
			session, _ := store.Get(r.In, "session") // a broken cookie is an empty session
			token, _ := session.Values["token"].(string)
			r.Out.Header.Del("Cookie")
			r.Out.Header.Set("Authorization", "Bearer "+token)
		},
	}
	router := chi.NewRouter()
	router.Get("/sign-in", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, oauth.AuthCodeURL("state"), http.StatusSeeOther)
	})
	router.Get("/callback", func(w http.ResponseWriter, r *http.Request) {
		token, err := oauth.Exchange(r.Context(), r.URL.Query().Get("code"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		session, _ := store.Get(r, "session")
		session.Values["token"] = token.AccessToken
		if err := session.Save(r, w); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	router.Handle("/*", proxy)
	return router
}
