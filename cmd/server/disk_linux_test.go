package main

import (
	"net/http"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// fileLimit bounds how large files may become that a running server writes: with none of them allowed to, its disk is
// full. It needs no rights, so that it works in any container.
func (r *replica) fileLimit(t *testing.T, bytes uint64) {
	t.Helper()
	limit := syscall.Rlimit{Cur: bytes, Max: ^uint64(0)}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(r.command.Process.Pid), syscall.RLIMIT_FSIZE, uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
	require.Zero(t, errno, "prlimit: %v", errno)
}

// A disk that is full is told, costs nobody anything, and is over when there is room again, without a restart.
func TestFullDiskOfAServer(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1, "sqlite:"+filepath.Join(t.TempDir(), "store.db"), nil)
	server := f.replicas[0]
	v := f.wadeAt(server)
	draft := v.started()
	v.renamed(draft, "Before")

	server.fileLimit(t, 1)
	for range 2 {
		for _, refused := range []struct{ page, path string }{{draft, draft + "/title"}, {"/zaps/new", "/zaps/new"}} {
			form := v.form(refused.page, refused.path)
			if form.Has("title") {
				form.Set("title", "Meanwhile")
			}
			shown := v.posts(refused.path, form)
			assert.Equal(t, http.StatusServiceUnavailable, shown.status)
			assert.Equal(t, "store-unavailable", shown.code())
			assert.NotZero(t, shown.Find("main a[href]").Length())
		}
		assert.True(t, v.active(), "nobody is signed out")
		assert.Equal(t, "Before", v.title(draft), "what is there can be read")
		stranger := f.visitor(f.dialed(server)).gets("/sign-in")
		assert.Equal(t, "store-unavailable", stranger.code())
	}

	server.fileLimit(t, ^uint64(0))
	v.renamed(draft, "Afterwards")
	assert.Equal(t, "Afterwards", v.title(draft))
	assert.NotEqual(t, draft, v.started())
	f.visitor(nil).signIn(emulator.UserNadia)
	assert.Empty(t, server.surprises())
}
