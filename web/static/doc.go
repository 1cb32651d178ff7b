// Package static owns the files a browser loads beside the pages: ES modules,
// the stylesheet, the sign of the product. They are embedded in the binary and
// served under a path that carries the hash of the whole tree, so that a
// browser may keep them for ever and modules find each other by relative
// imports, always of one version.
//
// web/templates draws the pages that load them; internal/handlers mounts
// [Assets.Handler] under [Assets.Path]. The modules' own tests are in jstest,
// which is not embedded. There is no build step: modules are minified when the
// program starts, and the rest is served as it stands here.
package static
