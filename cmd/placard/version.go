package main

import (
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which version this is",
		Args:  cobra.NoArgs,
		Run:   func(cmd *cobra.Command, _ []string) { cmd.Println("placard " + version()) },
	}
}

// version is that of the module and, where the program was built in a clone,
// the commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	out := info.Main.Version
	if out == "" {
		out = "(devel)"
	}
	values := map[string]string{}
	for _, s := range info.Settings {
		values[s.Key] = s.Value
	}
	if revision := values["vcs.revision"]; revision != "" {
		out += ", commit " + revision
		if values["vcs.modified"] == "true" {
			out += " with changes"
		}
	}
	return out + ", " + info.GoVersion
}
