package redistest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// MasterName is what a sentinel of StartSentinel calls its master.
const MasterName = "zapembed"

// StartReplica starts a replica of master and waits until it follows.
func StartReplica(t testing.TB, master *Server) *Server {
	t.Helper()
	master.Do("config", "set", "repl-diskless-sync-delay", 0) // it would wait for more of them
	s := Start(t, Config("replicaof", "127.0.0.1", master.Port()))
	eventually(t, func() bool {
		return strings.Contains(s.Do("info", "replication").(string), "master_link_status:up")
	})
	return s
}

// StartSentinel starts a sentinel that decides alone and soon, and waits until
// it knows a replica that could take the place of master.
func StartSentinel(t testing.TB, master *Server) *Server {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "sentinel.conf") // it writes into it what it learns
	require.NoError(t, os.WriteFile(file, []byte(strings.Join([]string{
		"dir " + dir,
		"sentinel monitor " + MasterName + " 127.0.0.1 " + master.Port() + " 1",
		"sentinel down-after-milliseconds " + MasterName + " 300",
		"sentinel failover-timeout " + MasterName + " 2000", "",
	}, "\n")), 0o600))
	s := &Server{t: t, name: "redis-sentinel", args: []string{file}}
	s.start()
	eventually(t, func() bool {
		return strings.Contains(fmt.Sprint(s.Do("sentinel", "replicas", MasterName)), "master-link-status ok")
	})
	return s
}

// StartCluster starts a Cluster of one server, which has all the slots.
func StartCluster(t testing.TB) *Server {
	t.Helper()
	s := startNode(t)
	s.Do("cluster", "addslotsrange", 0, 16383)
	eventually(t, s.inCluster)
	return s
}

// StartClusterOfTwo starts a Cluster whose first server has all the slots; the
// second one is there to move some to.
func StartClusterOfTwo(t testing.TB) (one, two *Server) {
	t.Helper()
	one, two = startNode(t), startNode(t)
	one.Do("cluster", "addslotsrange", 0, 16383)
	two.Do("cluster", "meet", "127.0.0.1", one.Port())
	for _, s := range []*Server{one, two} {
		eventually(t, func() bool {
			return s.inCluster() && strings.Contains(s.Do("cluster", "info").(string), "cluster_known_nodes:2")
		})
	}
	return one, two
}

func startNode(t testing.TB) *Server {
	t.Helper()
	return Start(t, Config("cluster-enabled", "yes"), Config("cluster-announce-ip", "127.0.0.1"))
}

func (s *Server) inCluster() bool {
	return strings.Contains(s.Do("cluster", "info").(string), "cluster_state:ok")
}

// Move is a slot on its way from one server of a Cluster to another, as an
// operator's tools move it: key by key, while both serve what they have.
type Move struct {
	from, to *Server
	slot     any
}

// StartMove begins to move the slot that key belongs to.
func StartMove(from, to *Server, key string) Move {
	from.t.Helper()
	m := Move{from: from, to: to, slot: from.Do("cluster", "keyslot", key)}
	to.Do("cluster", "setslot", m.slot, "importing", from.Do("cluster", "myid"))
	from.Do("cluster", "setslot", m.slot, "migrating", to.Do("cluster", "myid"))
	return m
}

// Keys moves these keys.
func (m Move) Keys(keys ...string) {
	m.from.t.Helper()
	for _, key := range keys {
		require.Equal(m.from.t, "OK", m.from.Do("migrate", "127.0.0.1", m.to.Port(), key, 0, patience.Milliseconds()), key)
	}
}

// Finish gives the slot to the server that has its keys by now.
func (m Move) Finish() {
	m.from.t.Helper()
	for _, s := range []*Server{m.to, m.from} {
		s.Do("cluster", "setslot", m.slot, "node", m.to.Do("cluster", "myid"))
	}
}

func eventually(t testing.TB, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, patience, 10*time.Millisecond)
}
