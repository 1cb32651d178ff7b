package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// patience bounds every wait of a browser test: far more than any of them needs, so that a slow
// machine does not fail them, and short enough to tell what never came.
const patience = 20 * time.Second

// tick is the pause between two looks where nothing tells of a change.
const tick = 10 * time.Millisecond

// glimpse bounds one of many looks: an answer that Chromium loses, as it can for a page that is just being replaced, costs
// that look and not all the patience.
const glimpse = 3 * time.Second

// chromium is one running browser for all tests; each test gets a profile of its own in it.
type chromium struct {
	flags []chromedp.ExecAllocatorOption
	once  sync.Once
	ctx   context.Context
	stop  []context.CancelFunc
	err   error
}

// theBrowser is started by the first test that needs it and stopped by TestMain.
var theBrowser chromium

// asProcess makes this binary the program itself, so that a test can run several of them (processes_test.go).
const asProcess = "ZAPEMBED_AS_PROCESS"

func TestMain(m *testing.M) {
	if os.Getenv(asProcess) != "" {
		signal.Ignore(syscall.SIGXFSZ) // a full disk is an error for whoever writes, as on a disk of one's own
		if clock := os.Getenv(byClock); clock != "" {
			mainByClock(clock)
		}
		main()
	}
	status := m.Run()
	theBrowser.close()
	os.Exit(status)
}

func (c *chromium) start() (context.Context, error) {
	c.once.Do(func() {
		flags := append(chromedp.DefaultExecAllocatorOptions[:],
			// Launchers switch the popup blocker off, and it is what a part of the tests is about.
			chromedp.Flag("disable-popup-blocking", false),
			chromedp.Flag("no-sandbox", os.Geteuid() == 0),
			chromedp.Flag("disable-gpu", true),
			chromedp.Flag("disable-quic", true),
			chromedp.Flag("disable-component-update", true),
			// As when memory is short: the tabs of a profile share a process for each site, which saves starting many.
			chromedp.Flag("process-per-site", true),
			chromedp.WindowSize(1200, 900),
		)
		allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), append(flags, c.flags...)...)
		browser, stopBrowser := chromedp.NewContext(allocator)
		c.ctx, c.stop = browser, []context.CancelFunc{stopBrowser, stopAllocator}
		if c.err = chromedp.Do(browser); c.err != nil {
			c.err = fmt.Errorf("starting Chromium (`make setup` installs it): %w", c.err)
		}
	})
	return c.ctx, c.err
}

func (c *chromium) close() {
	for _, stop := range c.stop {
		stop()
	}
}

// tab is one page in a browser, driven as a person would.
type tab struct {
	t   *testing.T
	ctx context.Context
	// detached closes when the page does.
	detached <-chan struct{}
	// console collects what the page's scripts complained of.
	console *complaints
}

type complaints struct {
	mu    sync.Mutex
	lines []string
}

// newTab opens an empty page in a fresh profile.
func newTab(t *testing.T, browser *chromium) *tab {
	t.Helper()
	root, err := browser.start()
	require.NoError(t, err)
	ctx, cancel := chromedp.NewContext(root, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	return attach(t, ctx)
}

// sibling opens another tab of the same profile.
func (p *tab) sibling() *tab {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	p.t.Cleanup(cancel)
	return attach(p.t, ctx)
}

func attach(t *testing.T, ctx context.Context) *tab {
	t.Helper()
	require.NoError(t, chromedp.Do(ctx))
	detached, err := chromedp.Detached(ctx)
	require.NoError(t, err)
	p := &tab{t: t, ctx: ctx, detached: detached, console: &complaints{}}
	go p.listen()
	t.Cleanup(p.keepEvidence)
	return p
}

func (p *tab) listen() {
	for message, err := range chromedp.Console(p.ctx) {
		if err != nil {
			return
		}
		p.console.mu.Lock()
		p.console.lines = append(p.console.lines, fmt.Sprint(message))
		p.console.mu.Unlock()
	}
}

// keepEvidence leaves a picture and the console of a failed test in testdata/failed.
func (p *tab) keepEvidence() {
	if !p.t.Failed() {
		return
	}
	p.console.mu.Lock()
	lines := strings.Join(p.console.lines, "\n")
	p.console.mu.Unlock()
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	where, _ := chromedp.Run(ctx, chromedp.Location())
	p.t.Logf("page %s\nconsole:\n%s", where, lines)
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return
	}
	folder := filepath.Join("testdata", "failed")
	file := filepath.Join(folder, strings.ReplaceAll(p.t.Name(), "/", "_")+".png")
	if os.MkdirAll(folder, 0o755) == nil && os.WriteFile(file, picture, 0o644) == nil {
		p.t.Logf("picture: %s", file)
	}
}

// do runs steps within the tests' patience.
func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, steps...))
}

func (p *tab) open(address string) {
	p.t.Helper()
	p.do(chromedp.Navigate(address))
}

// eval returns what a script says; it does not count as something the person did.
func eval[T any](p *tab, script string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	require.NoError(p.t, err, script)
	return value
}

// wait asks again and again until the script is true; a page that goes elsewhere meanwhile is asked there.
// It is not chromedp's Poll, which counts as something the person did and would let popups open.
func (p *tab) wait(script string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		if p.sees(ctx, script) {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			require.FailNow(p.t, "waited in vain", "for %s\non a page that says: %s", script, p.text())
		}
	}
}

// sees is one look: whether the script is true now.
func (p *tab) sees(ctx context.Context, script string) bool {
	ctx, cancel := context.WithTimeout(ctx, glimpse)
	defer cancel()
	met, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script))
	return err == nil && met
}

func (p *tab) text() string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), 2*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
	if err != nil {
		return "(nothing: " + err.Error() + ")"
	}
	return text
}

func byTestID(id string) string { return `[data-testid="` + id + `"]` }

// click presses the first visible element with the mouse, as a person would: scripts cannot fake that.
func (p *tab) click(selector string) {
	p.t.Helper()
	p.wait(ready(selector))
	x, y := p.centre(selector)
	p.do(chromedp.MouseClickXY(x, y))
}

// doubleClick is two clicks in quick succession.
func (p *tab) doubleClick(selector string) {
	p.t.Helper()
	p.wait(ready(selector))
	x, y := p.centre(selector)
	p.do(chromedp.MouseClickXY(x, y), chromedp.MouseClickXY(x, y, func(m *input.DispatchMouseEventParams) { m.ClickCount = 2 }))
}

func (p *tab) centre(selector string) (x, y float64) {
	p.t.Helper()
	box := eval[[]float64](p, fmt.Sprintf(`(() => {
		const element = [...document.querySelectorAll(%s)].find((e) => e.checkVisibility());
		element.scrollIntoView({block: 'center', behavior: 'instant'});
		const [box] = element.getClientRects(); // the first line of a link that takes two
		return [box.x + box.width / 2, box.y + box.height / 2];
	})()`, quote(selector)))
	return box[0], box[1]
}

func visible(selector string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(%s)].some((e) => e.checkVisibility())`, quote(selector))
}

// ready is visible on a page that has loaded: what still moves cannot be hit.
func ready(selector string) string {
	return `document.readyState === 'complete' && ` + visible(selector)
}

func quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(quoted)
}

// keys types on the keyboard into whatever has the focus.
func (p *tab) keys(keys string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys, raw))
}

// raw makes a press what a keyboard sends: after any other, Chromium types the character although the page has taken
// the key for itself.
func raw(key *input.DispatchKeyEventParams) {
	if key.Type == kb.KeyDown {
		key.Type = kb.KeyRawDown
	}
}

// fill puts the focus on a field and a value in it.
func (p *tab) fill(selector, value string) {
	p.t.Helper()
	p.wait(ready(selector))
	eval[bool](p, fmt.Sprintf(`(() => {
		const field = document.querySelector(%s);
		field.focus();
		field.value = %s;
		return field.dispatchEvent(new Event('input', {bubbles: true}));
	})()`, quote(selector), quote(value)))
}

// popup is the window that act opens. It is found by looking, because a window that was cut from its opener
// does not tell who opened it.
func (p *tab) popup(act func()) *tab {
	p.t.Helper()
	window, stop := chromedp.NewContext(p.ctx, chromedp.WithTargetID(p.opens(act)))
	p.t.Cleanup(stop)
	return attach(p.t, window)
}

// opens names the window that act opens, which may still be blank.
func (p *tab) opens(act func()) target.ID {
	p.t.Helper()
	before := p.windows()
	act()
	var opened target.ID
	require.Eventually(p.t, func() bool {
		for id := range p.windows() {
			if !before[id] {
				opened = id
				return true
			}
		}
		return false
	}, patience, tick, "no window opened")
	return opened
}

// windows are the pages of this profile.
func (p *tab) windows() map[target.ID]bool {
	p.t.Helper()
	return p.targets("page")
}

// targets are what this profile holds of one kind.
func (p *tab) targets(kind string) map[target.ID]bool {
	p.t.Helper()
	all, err := chromedp.Targets(p.ctx)
	require.NoError(p.t, err)
	mine := chromedp.FromContext(p.ctx).BrowserContextID
	found := map[target.ID]bool{}
	for _, info := range all {
		if info.Type == kind && info.BrowserContextID == mine {
			found[info.TargetID] = true
		}
	}
	return found
}

// pages counts the windows of this profile.
func (p *tab) pages() int {
	p.t.Helper()
	return len(p.windows())
}

// comeBack looks at another tab of the window and returns, as somebody does who was elsewhere.
func (p *tab) comeBack() {
	p.t.Helper()
	elsewhere, leave := chromedp.NewContext(p.ctx, chromedp.WithNewWindow(false))
	defer leave()
	require.NoError(p.t, chromedp.Do(elsewhere))
	p.wait(`document.visibilityState === 'hidden'`)
	_, err := chromedp.Call(p.ctx, page.BringToFront, cdp.Empty{})
	require.NoError(p.t, err)
}

// asPerson runs a script as if a person had just clicked.
func (p *tab) asPerson(script string) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(`+script+`, true)`,
			func(params *runtime.EvaluateParams) { params.UserGesture = new(true) }))
		return err
	}))
}

// tabTo moves the focus forwards with the Tab key until it is on the element.
func (p *tab) tabTo(selector string) {
	p.t.Helper()
	p.wait(visible(selector))
	for range 60 {
		if eval[bool](p, fmt.Sprintf(`document.activeElement.matches(%s)`, quote(selector))) {
			return
		}
		p.keys(kb.Tab)
	}
	require.FailNow(p.t, "the Tab key does not lead there", selector)
}

// frame is a page inside a page.
type frame struct {
	tab  *tab
	node *chromedp.Node
}

func (p *tab) frame(selector string) *frame {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	nodes, err := chromedp.Run(ctx, chromedp.Nodes(chromedp.CSS(selector)))
	require.NoError(p.t, err)
	require.Len(p.t, nodes, 1)
	return &frame{tab: p, node: nodes[0]}
}

func (f *frame) wait(script string) {
	f.tab.t.Helper()
	ctx, cancel := context.WithTimeout(f.tab.ctx, patience)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.Poll[bool](script, chromedp.WithPollingInFrame(f.node),
		chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(0)))
	require.NoError(f.tab.t, err, script)
}

func (f *frame) click(selector string) {
	f.tab.t.Helper()
	f.wait(visible(selector))
	f.tab.do(chromedp.Click(chromedp.CSS(selector), chromedp.FromNode(f.node)))
}

// closeByPerson closes the window by its own button.
func (p *tab) closeByPerson() {
	p.t.Helper()
	p.closeWindow(chromedp.FromContext(p.ctx).Target.TargetID)
	p.gone()
}

func (p *tab) closeWindow(id target.ID) {
	p.t.Helper()
	_, err := chromedp.CallBrowser(p.ctx, target.CloseTarget, target.CloseTargetParams{TargetID: id})
	require.NoError(p.t, err)
}

// gone waits until the window has closed.
func (p *tab) gone() {
	p.t.Helper()
	select {
	case <-p.detached:
	case <-time.After(patience):
		require.FailNow(p.t, "the window is still open", p.text())
	}
}

// state waits until the attempt's region says so.
func (p *tab) state(state string) {
	p.t.Helper()
	p.wait(fmt.Sprintf(`document.querySelector('[data-testid="attempt"]')?.dataset.state === %s`, quote(state)))
}

// attribute reads an attribute of the first element that matches.
func (p *tab) attribute(selector, name string) string {
	p.t.Helper()
	return eval[string](p, fmt.Sprintf(`document.querySelector(%s)?.getAttribute(%s) ?? ''`, quote(selector), quote(name)))
}
