package dev.gossamer.bench;

import dev.gossamer.bench.Rounds.Score;
import dev.gossamer.bench.Rounds.Versus;
import dev.gossamer.bench.results.Measured;
import dev.gossamer.bench.results.Measured.Interval;
import dev.gossamer.bench.results.Rates;
import dev.gossamer.bench.results.Row;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the parts of the table share: the contenders of a problem, a row from their times, means over rows. */
final class TableRows {

    private final Peers peers;
    private final Consumer<Measured> out;

    /**
     * Who else there is.
     *
     * @param oneMkl whether oneMKL can be loaded
     * @param openBlas whether OpenBLAS can be loaded
     * @param pyTorch the process that has PyTorch; null if there is none
     */
    record Peers(boolean oneMkl, boolean openBlas, @Nullable PyTorch pyTorch) {}

    /** Takes each row as soon as it is measured. */
    TableRows(Peers peers, Consumer<Measured> out) {
        this.peers = peers;
        this.out = out;
    }

    Peers peers() {
        return peers;
    }

    void add(Measured row) {
        out.accept(row);
    }

    /** A limit of the machine: the best of its slices, which has no distribution to take an interval from. */
    void limit(String name, double value, String unit) {
        out.accept(new Measured(Row.alone("limit: " + name, value, unit, null), Interval.UNKNOWN, null, null));
    }

    /** What was counted, not timed, and may be off by so much. */
    void count(String name, double value, String unit, double error) {
        Interval interval = new Interval(value - error, value + error);
        out.accept(new Measured(Row.alone(name, value, unit, null), interval, null, null));
    }

    /** What a run does, in the unit of its rate for each nanosecond. */
    record Amount(double perRun, String unit, @Nullable Double flopsPerByte) {

        static Amount flops(Work work) {
            return new Amount(work.flops(), Rates.FLOPS, work.flopsPerByte());
        }

        double per(double nanos) {
            return perRun / nanos;
        }

        Interval per(Interval nanos) {
            return new Interval(perRun / nanos.high(), perRun / nanos.low());
        }
    }

    Measured report(String name, Score score, Amount amount, @Nullable Double limit, double target) {
        Versus versus = score.versus();
        double value = amount.per(score.nanos());
        Double share = limit == null ? null : Double.valueOf(value / limit);
        Row row = versus == null
                ? Row.alone(name, value, amount.unit, share)
                : new Row(
                        name,
                        value,
                        amount.unit,
                        versus.peer(),
                        amount.per(versus.nanos()),
                        versus.ratio(),
                        target,
                        share);
        Measured measured = new Measured(
                row, amount.per(score.interval()), versus == null ? null : versus.interval(), amount.flopsPerByte);
        out.accept(measured);
        return measured;
    }

    /** Geometric means over rows. */
    final class Means {

        private final String name;
        private final double target;
        private final List<Measured> all = new ArrayList<>();

        Means(String name, double target) {
            this.name = name;
            this.target = target;
        }

        void add(Measured measured) {
            all.add(measured);
        }

        void report() {
            List<Row> rows = all.stream().map(Measured::row).toList();
            double value = Rounds.geomean(rows.stream().map(Row::value).toList());
            double share = Rounds.geomean(rows.stream()
                    .map(row -> row.limitShare() == null ? Double.NaN : row.limitShare())
                    .toList());
            Row first = rows.getFirst();
            Double peerValue = mean(rows.stream().map(Row::peerValue).toList());
            Double ratio = mean(rows.stream().map(Row::ratio).toList());
            Row row = new Row(
                    name + " (" + rows.size() + ")",
                    value,
                    first.unit(),
                    rows.stream().map(Row::peer).distinct().count() == 1 ? first.peer() : "the best of each",
                    peerValue,
                    ratio,
                    ratio == null ? null : target,
                    share);
            Interval ratios = ratio == null
                    ? null
                    : Rounds.around(
                            ratio,
                            all.stream()
                                    .map(measured -> Objects.requireNonNull(measured.ratio()))
                                    .toList());
            Interval values =
                    Rounds.around(value, all.stream().map(Measured::value).toList());
            out.accept(new Measured(row, values, ratios, null));
        }

        private static @Nullable Double mean(List<@Nullable Double> values) {
            List<Double> known = new ArrayList<>();
            for (Double value : values) {
                if (value == null) {
                    return null;
                }
                known.add(value);
            }
            return Rounds.geomean(known);
        }
    }

    /** How a problem looks at a contender's answer. */
    interface Check {
        void verify(String who, Contender contender);
    }

    interface OnPyTorch {
        Contender open(PyTorch torch);
    }

    /** The contenders of one problem, each verified as it comes in. */
    final class Field implements AutoCloseable {

        private @Nullable Contender engine;
        private final Map<String, Contender> others = new LinkedHashMap<>();

        void ours(Contender contender, Check check) {
            engine = contender;
            check.verify("ours", contender);
        }

        /** Ours, whose losses the peers' answers are compared with: the oracle would take minutes for them. */
        void losses(Contender contender) {
            ours(contender, (who, model) -> ModelProblem.agree(who, model.result(), model.result()));
        }

        void oneMkl(String name, Supplier<Contender> open, Check check) {
            if (peers.oneMkl) {
                enter(name, open.get(), check);
            }
        }

        /** Named with the kernels that it chose, which make a difference of two and more. */
        void openBlas(Supplier<Contender> open, Check check) {
            if (peers.openBlas) {
                enter("OpenBLAS " + OpenBlas.core(), open.get(), check);
            }
        }

        void pyTorch(String name, OnPyTorch open, Check check) {
            if (peers.pyTorch != null) {
                enter("PyTorch " + name, open.open(peers.pyTorch), check);
            }
        }

        void enter(String name, Contender contender, Check check) {
            others.put(name, contender);
            check.verify(name, contender);
        }

        Contender engine() {
            if (engine == null) {
                throw new IllegalStateException("nobody to measure");
            }
            return engine;
        }

        /** All but ours. */
        Map<String, Contender> others() {
            return others;
        }

        @Override
        public void close() {
            others.values().forEach(Contender::close);
            if (engine != null) {
                engine.close();
            }
        }
    }
}
