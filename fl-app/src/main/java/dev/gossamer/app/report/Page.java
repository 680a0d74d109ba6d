package dev.gossamer.app.report;

import static dev.gossamer.app.chart.Markup.escape;

import dev.gossamer.fl.run.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * A page of HTML that needs nothing but itself. Everything that comes from a run is escaped; besides, the page's policy lets
 * no script run but its own, whose digest it names, and loads nothing from anywhere.
 */
final class Page {

    private final StringBuilder body = new StringBuilder();
    private final String title;

    Page(String title) {
        this.title = title;
    }

    void heading(String text, String below) {
        body.append("<h1>")
                .append(escape(text))
                .append("</h1>\n<p class=\"quiet\">")
                .append(escape(below));
        body.append("</p>\n");
    }

    void paragraph(String text) {
        body.append("<p>").append(escape(text)).append("</p>\n");
    }

    /** The numbers that people look for first, by name. */
    void tiles(Map<String, String> tiles) {
        body.append("<dl class=\"tiles\">\n");
        tiles.forEach((name, value) -> body.append("<div><dt>")
                .append(escape(name))
                .append("</dt><dd>")
                .append(escape(value))
                .append("</dd></div>\n"));
        body.append("</dl>\n");
    }

    void plot(Plot plot) {
        body.append("<figure>\n<h2>").append(escape(plot.chart().title())).append("</h2>\n");
        body.append(plot.chart().svg());
        body.append("\n<figcaption>").append(escape(plot.caption())).append("</figcaption>\n</figure>\n");
    }

    /**
     * A table.
     *
     * @param names of the columns; empty for a table of two columns that needs none
     * @param numbers whether its cells are numbers
     */
    void table(String caption, List<String> names, List<List<String>> rows, boolean numbers) {
        body.append("<div class=\"scroll\"><table")
                .append(numbers ? " class=\"numbers\"" : "")
                .append("><caption>");
        body.append(escape(caption)).append("</caption>\n");
        if (!names.isEmpty()) {
            body.append("<thead><tr>");
            names.forEach(name ->
                    body.append("<th scope=\"col\">").append(escape(name)).append("</th>"));
            body.append("</tr></thead>\n");
        }
        body.append("<tbody>\n");
        for (List<String> row : rows) {
            body.append("<tr><th scope=\"row\">").append(escape(row.getFirst())).append("</th>");
            row.stream()
                    .skip(1)
                    .forEach(cell -> body.append("<td>").append(escape(cell)).append("</td>"));
            body.append("</tr>\n");
        }
        body.append("</tbody></table></div>\n");
    }

    /** Begins something that is shown when it is asked for. */
    void beginDetails(String summary) {
        body.append("<details><summary>").append(escape(summary)).append("</summary>\n");
    }

    void endDetails() {
        body.append("</details>\n");
    }

    @Override
    public String toString() {
        String style = resource("report.css");
        String script = resource("report.js");
        return """
                <!doctype html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'; form-action 'none'; \
                style-src '%s'; script-src '%s'">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <title>%s</title>
                <style>%s</style>
                </head>
                <body>
                <main>
                %s</main>
                <div id="tip" role="status" hidden></div>
                <script>%s</script>
                </body>
                </html>
                """.formatted(digest(style), digest(script), escape(title), style, body, script);
    }

    private static String resource(String name) {
        try (InputStream in = Page.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the jar lacks " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(name + " of the jar cannot be read", e);
        }
    }

    /** What a policy calls the content of an element. */
    private static String digest(String content) {
        return "sha256-" + Base64.getEncoder().encodeToString(Sha256.of(content));
    }
}
