package dev.gossamer.app;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Layout;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Lists a command's options under headings, one for each mixin. Argument groups have headings too, but an option that is
 * given twice starts its group anew, and what was given before is lost.
 *
 * @param headings from a mixin's name to the heading above its options, in order; all other options follow
 */
record OptionHeadings(Map<String, String> headings) implements IHelpSectionRenderer {

    @Override
    public String render(Help help) {
        StringBuilder text = new StringBuilder();
        Set<OptionSpec> others = new HashSet<>(help.commandSpec().options());
        headings.forEach((name, heading) -> {
            CommandSpec mixin = help.commandSpec().mixins().get(name);
            if (mixin != null) {
                mixin.options().forEach(others::remove);
                append(text, heading, mixin.options(), help);
            }
        });
        append(
                text,
                "Other",
                help.commandSpec().options().stream().filter(others::contains).toList(),
                help);
        return text.toString();
    }

    private static void append(StringBuilder text, String heading, List<OptionSpec> options, Help help) {
        Layout layout = help.createDefaultLayout();
        layout.addOptions(options, help.parameterLabelRenderer());
        text.append(System.lineSeparator())
                .append(heading)
                .append(':')
                .append(System.lineSeparator())
                .append(layout);
    }
}
