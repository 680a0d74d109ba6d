package dev.gossamer.fl.codec;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Huffman's code for bytes, with codes of at most {@value #MAX_LENGTH} bits. Codes are canonical: in the order of lengths, then of
 * symbols, each written with its highest bit first.
 *
 * <p>Source: "A method for the construction of minimum-redundancy codes", Huffman, 1952; limited lengths: "A fast algorithm for
 * optimal length-limited Huffman codes", Larmore, Hirschberg, Journal of the ACM 37, 1990.
 */
final class PrefixCode {

    static final int MAX_LENGTH = 15;

    private PrefixCode() {}

    // ---- lengths
    // -----------------------------------------------------------------------------------------------------

    /** A package of the algorithm: a symbol, or two packages. */
    private record Bundle(
            long weight,
            int symbol,
            @Nullable Bundle left,
            @Nullable Bundle right) {

        /** Adds one to the length of every symbol in it. */
        void lengthen(int[] lengths) {
            if (left == null || right == null) {
                lengths[symbol]++;
            } else {
                left.lengthen(lengths);
                right.lengthen(lengths);
            }
        }
    }

    /**
     * Package-merge: the best lengths of at most {@link #MAX_LENGTH}, for two or more counts that are not 0. Of equal weights the
     * symbol goes before the package, and the lower symbol before the higher, so that everybody finds the same.
     */
    static int[] lengths(int[] counts) {
        List<Bundle> symbols = new ArrayList<>();
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] > 0) {
                symbols.add(new Bundle(counts[i], i, null, null));
            }
        }
        symbols.sort(Comparator.comparingLong(Bundle::weight));
        List<Bundle> packages = symbols;
        for (int level = 1; level < MAX_LENGTH; level++) {
            packages = merged(symbols, paired(packages));
        }
        int[] lengths = new int[counts.length];
        packages.subList(0, 2 * symbols.size() - 2).forEach(one -> one.lengthen(lengths));
        return lengths;
    }

    private static List<Bundle> paired(List<Bundle> packages) {
        List<Bundle> pairs = new ArrayList<>();
        for (int i = 0; i + 1 < packages.size(); i += 2) {
            Bundle left = packages.get(i);
            Bundle right = packages.get(i + 1);
            pairs.add(new Bundle(left.weight + right.weight, -1, left, right));
        }
        return pairs;
    }

    private static List<Bundle> merged(List<Bundle> symbols, List<Bundle> pairs) {
        List<Bundle> all = new ArrayList<>(symbols.size() + pairs.size());
        int next = 0;
        for (Bundle symbol : symbols) {
            for (; next < pairs.size() && pairs.get(next).weight < symbol.weight; next++) {
                all.add(pairs.get(next));
            }
            all.add(symbol);
        }
        all.addAll(pairs.subList(next, pairs.size()));
        return all;
    }

    // ---- codes
    // -------------------------------------------------------------------------------------------------------

    /** The code of each symbol, its first bit lowest. */
    static int[] codes(int[] lengths) {
        int[] codes = new int[lengths.length];
        int code = 0;
        for (int length = 1; length <= MAX_LENGTH; length++) {
            for (int i = 0; i < lengths.length; i++) {
                if (lengths[i] == length) {
                    codes[i] = Integer.reverse(code++) >>> (Integer.SIZE - length);
                }
            }
            code <<= 1;
        }
        return codes;
    }
}
