package dev.gossamer.app.chart;

/** Shapes of points, so that series differ in more than colour. */
enum Marker {
    CIRCLE(16, 0),
    SQUARE(4, 45),
    DIAMOND(4, 0),
    TRIANGLE(3, -90),
    PENTAGON(5, -90),
    DOWN(3, 90);

    static final double RADIUS = 4;

    private final int corners;
    private final double first;

    Marker(int corners, double first) {
        this.corners = corners;
        this.first = first;
    }

    static Marker of(int series) {
        return values()[series % values().length];
    }

    void draw(Canvas canvas, double x, double y, Ink ink) {
        double[] cornersX = new double[corners];
        double[] cornersY = new double[corners];
        for (int i = 0; i < corners; i++) {
            double angle = StrictMath.toRadians(first + 360.0 * i / corners);
            cornersX[i] = x + RADIUS * StrictMath.cos(angle);
            cornersY[i] = y + RADIUS * StrictMath.sin(angle);
        }
        canvas.convex(cornersX, cornersY, ink);
    }
}
