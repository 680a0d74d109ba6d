package dev.gossamer.app;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Columns of text, padded with blanks to the widest cell; the last column is as long as it likes. */
final class Table {

    private static final String GAP = "  ";

    private final List<List<String>> rows = new ArrayList<>();

    /** Adds a row; every row has the same number of cells. */
    void row(String... cells) {
        if (!rows.isEmpty() && rows.getFirst().size() != cells.length) {
            throw new IllegalArgumentException("A row of " + cells.length + " cells in a table of "
                    + rows.getFirst().size());
        }
        rows.add(List.copyOf(Arrays.asList(cells)));
    }

    boolean isEmpty() {
        return rows.isEmpty();
    }

    void print(PrintWriter out) {
        int[] widths = widths();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                String cell = row.get(column);
                boolean last = column == row.size() - 1;
                line.append(last ? cell : cell + " ".repeat(widths[column] - cell.length()) + GAP);
            }
            out.println(line.toString().stripTrailing());
        }
    }

    private int[] widths() {
        int[] widths = new int[rows.isEmpty() ? 0 : rows.getFirst().size()];
        for (List<String> row : rows) {
            for (int column = 0; column < widths.length; column++) {
                widths[column] = Math.max(widths[column], row.get(column).length());
            }
        }
        return widths;
    }
}
