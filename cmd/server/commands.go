package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// command is one thing the program can do besides serving.
type command struct {
	name, arguments, help string
	// run gets what follows the name on the command line, flags taken out of it.
	run func(ctx context.Context, c call) error
	// flags declares the command's own flags; most have none.
	flags func(*flag.FlagSet)
}

// call is how a command was called.
type call struct {
	args           []string
	flags          *flag.FlagSet
	environ        []string
	stdout, stderr io.Writer
}

func commands() []command {
	return []command{
		{name: "config", help: "check all settings and the store, and print them without secrets", run: runConfig},
		{name: "health", help: "ask the server at ADMIN_ADDR whether it is ready", run: runHealth},
		{name: "keygen", arguments: "[FILE]", help: "make a key for STORE_KEYS; with FILE write it there, unless the file is there already", run: runKeygen},
		{name: "sessions list", help: "list who is signed in", run: runSessionsList},
		{name: "sessions revoke", arguments: "[-all] [ID-or-e-mail]", help: "end somebody's sessions, or everybody's, and what Zapier granted them", run: runSessionsRevoke, flags: func(f *flag.FlagSet) {
			f.Bool("all", false, "end the sessions of everybody")
		}},
	}
}

// usage is how the command is called.
func (c command) usage() string { return strings.TrimSpace("server " + c.name + " " + c.arguments) }

// findCommand returns the command that args begin with, and what follows it.
func findCommand(args []string) (command, []string, bool) {
	for _, c := range commands() {
		words := strings.Fields(c.name)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == c.name {
			return c, args[len(words):], true
		}
	}
	return command{}, nil, false
}

// runCommand runs what the arguments name. Its error is a sentence for the person at the terminal.
func runCommand(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	found, rest, ok := findCommand(args)
	if !ok {
		return unknownCommand(args)
	}
	c := call{flags: flag.NewFlagSet(found.name, flag.ContinueOnError), environ: environ, stdout: stdout, stderr: stderr}
	c.flags.SetOutput(io.Discard)
	if found.flags != nil {
		found.flags(c.flags)
	}
	switch err := c.flags.Parse(rest); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(stdout, "%s\n\nIt is there to %s.\n", found.usage(), found.help)
		c.flags.SetOutput(stdout)
		c.flags.PrintDefaults()
		return nil
	case err != nil:
		return fmt.Errorf("server: %w; see %s -help", err, "server "+found.name)
	}
	c.args = c.flags.Args()
	if len(c.args) > 0 && found.arguments == "" {
		return fmt.Errorf("server: %s takes no arguments, and got %q", found.name, c.args[0])
	}
	return found.run(ctx, c)
}

// unknownCommand says what there is instead.
func unknownCommand(args []string) error {
	var names, below []string
	for _, c := range commands() {
		names = append(names, c.name)
		if strings.HasPrefix(c.name, args[0]+" ") {
			below = append(below, c.usage())
		}
	}
	if len(below) > 0 {
		return fmt.Errorf("server: %s needs to be told what to do: %s", args[0], strings.Join(below, ", or "))
	}
	return fmt.Errorf("server: there is no command %q; there are %s, and without a command the server runs", args[0], strings.Join(names, ", "))
}

// printCommands is the part of the help that lists them.
func printCommands(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range commands() {
		fmt.Fprintf(table, "  %s\t%s\n", c.usage(), c.help)
	}
	_ = table.Flush() // as good as writing to a terminal gets
}
