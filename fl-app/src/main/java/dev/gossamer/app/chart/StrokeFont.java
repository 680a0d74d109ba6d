package dev.gossamer.app.chart;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringTokenizer;
import java.util.stream.Stream;

/**
 * Letters as strokes of a round pen, for pictures that look the same on every machine. It has ASCII and a few signs; accents
 * are dropped, and whatever else there is becomes a box.
 */
final class StrokeFont {

    /** Units of the design in an em: capitals are 14 high, small letters 10, and tails go down to -4. */
    private static final double UNITS = 19.4;

    /**
     * A glyph a line: the character, its advance, and its path, with y upwards from the base line. {@code M x y} and
     * {@code L x y} move and draw; {@code C} is a cubic curve as SVG's; {@code A cx cy rx ry from to} an arc of an ellipse
     * between two angles in degrees, counted counter-clockwise from the right, to which the pen draws if it is down;
     * {@code O cx cy rx ry} an ellipse; {@code Z} closes.
     */
    private static final String GLYPHS = """
            ! 4.4 M 2.2 14 L 2.2 4.6 O 2.2 .4 .4 .4
            " 7 M 2 14 L 2 10.4 M 5 14 L 5 10.4
            # 10 M 3.6 13 L 2.1 1 M 7.9 13 L 6.4 1 M 1 9 L 9.4 9 M .6 5 L 9 5
            $ 11 A 5.5 10.2 3.4 2.9 35 255 A 5.6 4.2 3.8 3.2 75 -145 M 5.5 15.4 L 5.5 -1.4
            % 13.6 O 3.4 11 2 2.6 O 10.2 3 2 2.6 M 10.6 14 L 3 0
            & 12 M 10.8 0 L 3.6 9.2 A 5.4 11.4 2.5 2.6 215 -40 L 3.2 6.4 A 4.9 3.5 3.5 3.5 130 270 C 7.6 0 9.8 2.8 10 6
            ' 4 M 2 14 L 2 10.4
            ( 6 M 4.6 15.4 C 1.3 11 1.3 2 4.6 -2.4
            ) 6 M 1.4 15.4 C 4.7 11 4.7 2 1.4 -2.4
            * 8 M 4 14 L 4 8 M 1.4 12.5 L 6.6 9.5 M 6.6 12.5 L 1.4 9.5
            + 10 M 1.5 6 L 8.5 6 M 5 2.5 L 5 9.5
            , 4.6 M 2.8 .8 L 1.9 -2.2
            - 7.4 M 1.5 5.6 L 5.9 5.6
            . 4.6 O 2.3 .4 .4 .4
            / 7.5 M 1 -1.5 L 6.5 15
            0 10 A 5 10.4 3.5 3.6 180 0 A 5 3.6 3.5 3.6 0 -180 Z
            1 10 M 2.2 11.4 L 5.6 14 L 5.6 0
            2 10 A 5 10.4 3.4 3.6 165 -38 L 1.6 0 L 8.7 0
            3 10 A 4.8 10.7 3.1 3.3 155 -90 A 4.7 3.7 3.7 3.7 90 -155
            4 10 M 6.7 0 L 6.7 14 L 1.1 4 L 9 4
            5 10 M 8 14 L 2.7 14 L 2.2 7.2 A 4.9 4.6 3.6 4.6 125 -152
            6 10 O 5 4.4 3.5 4.4 M 7.4 14 C 4 12 1.5 9 1.5 4.4
            7 10 M 1.5 14 L 8.6 14 L 3.8 0
            8 10 O 5 10.6 3 3.4 O 5 3.6 3.5 3.6
            9 10 O 5 9.6 3.5 4.4 M 2.6 0 C 6 2 8.5 5 8.5 9.6
            : 4.6 O 2.3 .4 .4 .4 O 2.3 8.6 .4 .4
            ; 4.6 M 2.8 .8 L 1.9 -2.2 O 2.6 8.6 .4 .4
            < 10 M 8.5 10 L 1.5 6 L 8.5 2
            = 10 M 1.5 8 L 8.5 8 M 1.5 4 L 8.5 4
            > 10 M 1.5 10 L 8.5 6 L 1.5 2
            ? 9 A 4.4 10.8 3 3.2 165 -50 L 4.4 6.6 L 4.4 4.6 O 4.4 .4 .4 .4
            @ 15 O 6.9 5.6 2.5 3 M 9.4 8.6 L 9.4 4.4 C 9.5 1.8 13 2.4 13 6 A 7.1 6 5.9 7.4 0 310
            A 12 M 1 0 L 6 14 L 11 0 M 2.8 5 L 9.2 5
            B 11.4 M 6 7.4 A 6 10.7 3.2 3.3 -90 90 L 2 14 L 2 0 L 6.2 0 A 6.2 3.7 3.6 3.7 -90 90 L 2 7.4
            C 11.6 A 6.2 9.4 4.6 4.6 35 180 A 6.2 4.6 4.6 4.6 180 325
            D 12.2 M 2 0 L 2 14 L 5 14 A 5 8.6 5.4 5.4 90 0 A 5 5.4 5.4 5.4 0 -90 Z
            E 10 M 9 14 L 2 14 L 2 0 L 9 0 M 2 7.3 L 8 7.3
            F 9.6 M 9 14 L 2 14 L 2 0 M 2 7 L 8 7
            G 12.6 A 6.2 9.4 4.6 4.6 35 180 A 6.2 4.6 4.6 4.6 180 360 L 10.8 6.6 L 7 6.6
            H 12 M 2 0 L 2 14 M 10 0 L 10 14 M 2 7.3 L 10 7.3
            I 4.6 M 2.3 0 L 2.3 14
            J 9 M 7 14 L 7 3.4 A 4 3.4 3 3.4 0 -160
            K 11 M 2 0 L 2 14 M 9.6 14 L 2 5.6 M 4.6 8.5 L 10.2 0
            L 9.4 M 2 14 L 2 0 L 8.8 0
            M 14 M 2 0 L 2 14 L 7 4.5 L 12 14 L 12 0
            N 12 M 2 0 L 2 14 L 10 0 L 10 14
            O 12.6 A 6.3 9.2 4.7 4.8 180 0 A 6.3 4.8 4.7 4.8 0 -180 Z
            P 11 M 2 0 L 2 14 L 6 14 A 6 10.3 3.6 3.7 90 -90 L 2 6.6
            Q 12.6 A 6.3 9.2 4.7 4.8 180 0 A 6.3 4.8 4.7 4.8 0 -180 Z M 7.4 3.4 L 11 -.8
            R 11.4 M 2 0 L 2 14 L 6 14 A 6 10.3 3.6 3.7 90 -90 L 2 6.6 M 6.2 6.6 L 10 0
            S 11 A 5.5 10.6 3.5 3.4 38 255 A 5.5 3.65 3.9 3.65 75 -148
            T 11 M .8 14 L 10.2 14 M 5.5 14 L 5.5 0
            U 12 M 2 14 L 2 4.4 A 6 4.4 4 4.4 180 360 L 10 14
            V 11.6 M .8 14 L 5.8 0 L 10.8 14
            W 16.4 M .8 14 L 4.4 0 L 8.2 12 L 12 0 L 15.6 14
            X 11 M 1 14 L 10 0 M 10 14 L 1 0
            Y 11 M .8 14 L 5.5 6.8 L 10.2 14 M 5.5 6.8 L 5.5 0
            Z 11 M 1.4 14 L 9.4 14 L 1.4 0 L 9.8 0
            [ 6 M 4.8 15.4 L 2 15.4 L 2 -2.4 L 4.8 -2.4
            \\ 7.5 M 1 15 L 6.5 -1.5
            ] 6 M 1.2 15.4 L 4 15.4 L 4 -2.4 L 1.2 -2.4
            ^ 10 M 1.5 9 L 5 14 L 8.5 9
            _ 9 M 0 -2 L 9 -2
            ` 5 M 1.4 14 L 3.6 11.4
            a 10.2 M 2 8.2 A 5 6.8 3.3 3.2 150 0 L 8.3 0 M 8.3 5.8 L 4.8 5.8 A 4.4 2.9 2.9 2.9 90 270 C 6.4 0 8.3 .9 8.3 3
            b 10.6 M 2 14 L 2 0 M 2 6.4 A 5.4 6.4 3.4 3.6 180 0 A 5.4 3.6 3.4 3.6 0 -180
            c 9.4 A 5.2 6.4 3.7 3.6 38 180 A 5.2 3.6 3.7 3.6 180 322
            d 10.6 M 8.6 14 L 8.6 0 M 8.6 6.4 A 5.2 6.4 3.4 3.6 0 180 A 5.2 3.6 3.4 3.6 180 360
            e 10.2 M 1.5 5 L 8.7 5 L 8.7 6.4 A 5.1 6.4 3.6 3.6 0 180 A 5.1 3.6 3.6 3.6 180 318
            f 7 M 7 13.6 C 4.8 14.4 3.4 13.4 3.4 11 L 3.4 0 M 1 9.8 L 6.4 9.8
            g 10.6 M 8.6 10 L 8.6 -.6 A 5.2 -.6 3.4 3.4 0 -150 M 8.6 6.4 A 5.2 6.4 3.4 3.6 0 180 A 5.2 3.8 3.4 3.6 180 360
            h 10.4 M 2 14 L 2 0 M 2 6.4 A 5.2 6.5 3.2 3.5 180 0 L 8.4 0
            i 4.4 M 2.2 10 L 2.2 0 O 2.2 13.4 .4 .4
            j 5 M 3 10 L 3 -1.6 A .8 -1.6 2.2 2.4 0 -90 O 3 13.4 .4 .4
            k 9.2 M 2 14 L 2 0 M 7.8 10 L 2 4.2 M 4.2 6.4 L 8.4 0
            l 5.4 M 2.2 14 L 2.2 2.2 A 4.3 2.2 2.1 2.2 180 275
            m 15.2 M 2 10 L 2 0 M 2 6.8 A 4.8 7 2.8 3 180 0 L 7.6 0 M 7.6 6.8 A 10.4 7 2.8 3 180 0 L 13.2 0
            n 10.4 M 2 10 L 2 0 M 2 6.4 A 5.2 6.5 3.2 3.5 180 0 L 8.4 0
            o 10.4 A 5.2 6.4 3.7 3.6 180 0 A 5.2 3.6 3.7 3.6 0 -180 Z
            p 10.6 M 2 10 L 2 -4 M 2 6.4 A 5.4 6.4 3.4 3.6 180 0 A 5.4 3.6 3.4 3.6 0 -180
            q 10.6 M 8.6 10 L 8.6 -4 M 8.6 6.4 A 5.2 6.4 3.4 3.6 0 180 A 5.2 3.6 3.4 3.6 180 360
            r 7.2 M 2 10 L 2 0 M 2 6 A 5.4 6.2 3.4 3.8 180 75
            s 8.8 A 4.5 7.45 2.7 2.55 35 255 A 4.4 2.55 3 2.55 75 -145
            t 7.2 M 3.4 13 L 3.4 2.6 A 5.8 2.6 2.4 2.6 180 285 M 1 9.8 L 6.4 9.8
            u 10.4 M 2 10 L 2 3.5 A 5.2 3.5 3.2 3.5 180 360 M 8.4 10 L 8.4 0
            v 9.2 M .8 10 L 4.6 0 L 8.4 10
            w 13.2 M .8 10 L 3.7 0 L 6.6 9 L 9.5 0 L 12.4 10
            x 9 M 1 10 L 8 0 M 8 10 L 1 0
            y 9.4 M .8 10 L 4.7 0 M 8.6 10 L 4.2 -2.2 C 3.6 -3.7 2.6 -4.1 1.2 -4
            z 9.2 M 1.3 10 L 7.8 10 L 1.2 0 L 8 0
            { 6.4 M 5 15.4 C 1.8 15.4 4.2 7 1.4 6.5 C 4.2 6 1.8 -2.4 5 -2.4
            | 4 M 2 16 L 2 -3
            } 6.4 M 1.4 15.4 C 4.6 15.4 2.2 7 5 6.5 C 2.2 6 4.6 -2.4 1.4 -2.4
            ~ 10 M 1.4 5.4 C 3 8.6 6.8 3.4 8.6 6.6
            \u2212 10 M 1.5 6 L 8.5 6
            \u2013 9 M 1 5.6 L 8 5.6
            \u2014 14 M .5 5.6 L 13.5 5.6
            \u00b1 10 M 1.5 7.5 L 8.5 7.5 M 5 4 L 5 11 M 1.5 1 L 8.5 1
            \u00d7 10 M 2 3 L 8 9 M 8 3 L 2 9
            \u00b7 4.6 O 2.3 6 .4 .4
            \u00b0 5.6 O 2.8 12 1.6 1.8
            \u2026 13.6 O 2.3 .4 .4 .4 O 6.8 .4 .4 .4 O 11.3 .4 .4 .4
            \u00b5 10.4 M 2 10 L 2 -4 M 2 3.5 A 5.2 3.5 3.2 3.5 180 360 M 8.4 10 L 8.4 0
            """;

    /** An arc's chords turn by so many degrees: the corners are too flat to be seen. */
    private static final int ARC_STEP = 12;

    private static final int CURVE_STEPS = 10;

    private static final Map<Integer, Glyph> ALL = parseAll();

    private static final Glyph BLANK = new Glyph(5.4, List.of());

    private static final Glyph BOX = new Glyph(9, new Path("M 1.5 0 L 1.5 13 L 7.5 13 L 7.5 0 Z").strokes());

    private StrokeFont() {}

    /**
     * A character.
     *
     * @param advance to the next one, in units
     * @param strokes in units, y upwards
     */
    private record Glyph(double advance, List<Polyline> strokes) {}

    /** How wide a text is at this size of an em. */
    static double width(String text, double size) {
        return glyphs(text).mapToDouble(Glyph::advance).sum() * size / UNITS;
    }

    /** The strokes of a text at this size of an em, y downwards, from the start of its base line. */
    static List<Polyline> strokes(String text, double size) {
        double scale = size / UNITS;
        double[] left = {0};
        List<Polyline> strokes = new ArrayList<>();
        glyphs(text).forEachOrdered(glyph -> {
            double start = left[0];
            glyph.strokes().forEach(stroke -> strokes.add(stroke.map(x -> start + x * scale, y -> -y * scale)));
            left[0] += glyph.advance() * scale;
        });
        return strokes;
    }

    private static Stream<Glyph> glyphs(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFD)
                .codePoints()
                .filter(character -> Character.getType(character) != Character.NON_SPACING_MARK)
                .mapToObj(character -> Character.isWhitespace(character) ? BLANK : ALL.getOrDefault(character, BOX));
    }

    private static Map<Integer, Glyph> parseAll() {
        Map<Integer, Glyph> all = new HashMap<>();
        GLYPHS.lines().forEach(line -> {
            int advance = line.indexOf(' ');
            int path = line.indexOf(' ', advance + 1);
            all.put(
                    line.codePointAt(0),
                    new Glyph(
                            Double.parseDouble(line.substring(advance + 1, path)),
                            new Path(line.substring(path + 1)).strokes()));
        });
        return all;
    }

    /** A path on its way to points. */
    private static final class Path {

        private final StringTokenizer tokens;
        private final List<Polyline> strokes = new ArrayList<>();
        private final List<double[]> points = new ArrayList<>();

        Path(String text) {
            tokens = new StringTokenizer(text);
            while (tokens.hasMoreTokens()) {
                command(tokens.nextToken());
            }
            lift();
        }

        List<Polyline> strokes() {
            return strokes;
        }

        private void command(String name) {
            switch (name) {
                case "M" -> {
                    lift();
                    points.add(point());
                }
                case "L" -> points.add(point());
                case "C" -> curve(points.getLast(), point(), point(), point());
                case "A" -> arc(point(), point(), number(), number());
                case "O" -> {
                    lift();
                    arc(point(), point(), 0, 360);
                    lift();
                }
                case "Z" -> {
                    points.add(points.getFirst());
                    lift();
                }
                default -> throw new IllegalStateException("no command of a path: " + name);
            }
        }

        private void lift() {
            if (!points.isEmpty()) {
                strokes.add(new Polyline(
                        points.stream().mapToDouble(point -> point[0]).toArray(),
                        points.stream().mapToDouble(point -> point[1]).toArray()));
                points.clear();
            }
        }

        private double number() {
            return Double.parseDouble(tokens.nextToken());
        }

        private double[] point() {
            return new double[] {number(), number()};
        }

        private void arc(double[] centre, double[] radius, double from, double to) {
            int steps = (int) Math.ceil(Math.abs(to - from) / ARC_STEP);
            for (int step = 0; step <= steps; step++) {
                double angle = StrictMath.toRadians(from + (to - from) * step / steps);
                points.add(new double[] {
                    centre[0] + radius[0] * StrictMath.cos(angle), centre[1] + radius[1] * StrictMath.sin(angle)
                });
            }
        }

        private void curve(double[] a, double[] b, double[] c, double[] d) {
            for (int step = 1; step <= CURVE_STEPS; step++) {
                double t = (double) step / CURVE_STEPS;
                double s = 1 - t;
                double[] point = new double[2];
                for (int i = 0; i < 2; i++) {
                    point[i] = s * s * s * a[i] + 3 * s * s * t * b[i] + 3 * s * t * t * c[i] + t * t * t * d[i];
                }
                points.add(point);
            }
        }
    }
}
