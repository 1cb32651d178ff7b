package handlers_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/zapembed/zapembed/internal/handlers"
)

func TestSecretKey(t *testing.T) {
	for _, key := range []string{
		"password", "archive_password", "passphrase", "client_secret", "token", "accessToken", "api_key", "apikey", "APIKey", "X-Api-Key",
		"pwd", "db_pwd", "auth", "basic.auth", "Authorization", "headers.Authorization", "pin", "userPin", "private_key", "privateKey",
		"access_key", "AWS access key", "bearer", "credential", "credentials[0]", "otp", "otp_code",
	} {
		assert.True(t, handlers.SecretKey(key), key)
	}
	for _, key := range []string{
		"", "author", "authors[0].name", "pinned", "shipping", "spin", "option", "adopted", "bearers", "key", "keyword", "compass", "full_name", "authentic",
	} {
		assert.False(t, handlers.SecretKey(key), key)
	}
}
