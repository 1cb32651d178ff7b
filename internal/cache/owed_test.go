package cache

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDebtIsPaidOnce(t *testing.T) {
	var o owed
	assert.Zero(t, o.of("1"))
	assert.True(t, o.add("1"))
	debt := o.of("1")
	assert.False(t, o.add("1"), "somebody pays already")
	o.paid("1", debt)
	assert.NotZero(t, o.of("1"), "another change could not be noted meanwhile")
	o.paid("1", o.of("1"))
	assert.Zero(t, o.of("1"))
	assert.Empty(t, o.left())
	assert.True(t, o.add("1"), "nobody pays any more")
}

func TestDebtThatCannotBePaidIsGivenUp(t *testing.T) {
	var o owed
	o.add("1")
	for range payTries - 1 {
		assert.Equal(t, []string{"1"}, o.left())
	}
	assert.Empty(t, o.left())
	assert.Zero(t, o.of("1"))
	assert.True(t, o.add("2"))
	assert.Equal(t, []string{"2"}, o.left())
}
