package dev.gossamer.bench;

import dev.gossamer.bench.Patterns.Dims;
import dev.gossamer.engine.io.Smtx;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.data.FileReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The Deep Learning Matrix Collection (Gale, Zaharia, Young, Elsen, 2020) in a data folder: {@code dlmc/index.csv} and its files. */
final class Dlmc {

    private Dlmc() {}

    /**
     * A matrix of the index.
     *
     * @param path of its file below {@code dlmc/}, without the ending: its name in results
     * @param sparsity nominal, as the index writes it
     */
    record Entry(String path, double sparsity, Dims dims) {

        /** For people: method, layer, shape. */
        String label() {
            String[] part = path.split("/", -1);
            return part[1].substring(0, 4) + " " + part[3] + " " + dims.rows() + "x" + dims.cols();
        }
    }

    /**
     * The matrices of {@code data}, in the index's order.
     *
     * @throws IllegalArgumentException naming the file, if there is no index or it is not one
     */
    static List<Entry> index(Path data) {
        Path index = data.resolve("dlmc", "index.csv");
        try {
            return Files.readAllLines(index).stream()
                    .skip(1)
                    .map(line -> entry(index, line))
                    .toList();
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "Cannot read " + index + "; --data names the folder that holds dlmc/index.csv (" + FileReason.of(e)
                            + ")",
                    e);
        }
    }

    private static Entry entry(Path index, String line) {
        String[] field = line.split(",", -1);
        try {
            return new Entry(
                    String.join("/", field[0], field[1], field[2], field[3]),
                    Double.parseDouble(field[2]),
                    new Dims(Integer.parseInt(field[4]), Integer.parseInt(field[5])));
        } catch (IndexOutOfBoundsException | NumberFormatException e) {
            throw new IllegalArgumentException(
                    index + " has a line that does not begin with model,method,sparsity,name,rows,cols: '" + line + "'",
                    e);
        }
    }

    /**
     * The pattern of an entry.
     *
     * @throws IllegalArgumentException naming the file, if it cannot be read
     */
    static SparsityPattern read(Path data, String path) {
        Path file = data.resolve("dlmc", path + ".smtx.gz");
        try {
            return Smtx.read(file);
        } catch (IOException e) {
            throw new IllegalArgumentException("Cannot read " + file + ": " + FileReason.of(e), e);
        }
    }
}
