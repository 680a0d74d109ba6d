package dev.gossamer.app.chart;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A canvas that remembers. */
final class Recorder implements Canvas {

    private final Map<String, List<Point>> curves = new LinkedHashMap<>();
    private final List<Text> texts = new ArrayList<>();
    private final List<Line> lines = new ArrayList<>();
    private final List<Box> boxes = new ArrayList<>();
    private final List<Group> groups = new ArrayList<>();
    private int bands;

    record Text(String text, double left, double right, double y) {}

    record Line(Polyline points, Ink ink, double width, boolean dashed) {}

    record Box(double x, double y, double width, double height, Ink ink) {}

    private record Group(String kind, String meaning) {}

    List<Box> boxes(Ink ink) {
        return boxes.stream().filter(box -> box.ink().equals(ink)).toList();
    }

    /** What groups of a kind mean. */
    List<String> groups(String kind) {
        return groups.stream()
                .filter(group -> group.kind().equals(kind))
                .map(Group::meaning)
                .toList();
    }

    Map<String, List<Point>> curves() {
        return curves;
    }

    List<Text> texts() {
        return texts;
    }

    List<Line> lines(Ink ink) {
        return lines.stream().filter(line -> line.ink().equals(ink)).toList();
    }

    int bands() {
        return bands;
    }

    @Override
    public double width() {
        return Chart.WIDE;
    }

    @Override
    public double widthOf(String text, double size) {
        return StrokeFont.width(text, size);
    }

    @Override
    public void line(double[] x, double[] y, Ink ink, double width, boolean dashed) {
        lines.add(new Line(new Polyline(x, y), ink, width, dashed));
    }

    @Override
    public void box(double x, double y, double width, double height, Ink ink) {
        boxes.add(new Box(x, y, width, height, ink));
    }

    @Override
    public void begin(String kind, String meaning) {
        groups.add(new Group(kind, meaning));
    }

    @Override
    public void convex(double[] x, double[] y, Ink ink) {}

    @Override
    public void band(double[] x, double[] top, double[] bottom, Ink ink) {
        bands++;
    }

    @Override
    public void text(
            String text, double x, double y, double size, boolean bold, Anchor anchor, boolean upwards, Ink ink) {
        double width = upwards ? 0 : StrokeFont.width(text, size);
        double left = x - anchor.before() * width;
        texts.add(new Text(text, left, left + width, y));
    }

    @Override
    public void points(String name, List<Point> points) {
        curves.put(name, points);
    }
}
