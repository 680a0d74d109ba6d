package dev.gossamer.app.chart;

/**
 * What something is drawn in. Pictures take the colour; pages may give every role one of their own, for light and dark.
 *
 * @param role a CSS class; empty if the colour is the meaning, as in a heat map
 * @param rgb red, green and blue, 8 bits each
 * @param opacity 0 to 1
 */
record Ink(String role, int rgb, double opacity) {

    static final Ink PAPER = new Ink("paper", 0xffffff, 1);
    static final Ink TEXT = new Ink("text", 0x1f2328, 1);
    static final Ink AXIS = new Ink("axis", 0x59636e, 1);
    static final Ink GRID = new Ink("grid", 0xe3e6ea, 1);

    /** Colours that people with any of the usual kinds of colour blindness tell apart (Okabe and Ito, 2008), dark ones first. */
    private static final int[] SERIES = {0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9};

    private static final double FAINT = 0.22;

    /** Anchors of the ramp: lighter means less, and lightness alone tells the order. */
    private static final int[] RAMP = {0xf2f6fa, 0xa9cfe8, 0x4a98c9, 0x17609f, 0x0a2f5c};

    /** The colour of a series; after the last they begin again. */
    static Ink series(int index) {
        int colour = index % SERIES.length;
        return new Ink("s" + colour, SERIES[colour], 1);
    }

    /** How many series have a colour of their own. */
    static int seriesColours() {
        return SERIES.length;
    }

    /**
     * A place on a ramp from light to dark.
     *
     * @param fraction 0 to 1
     */
    static Ink ramp(double fraction) {
        double place = Math.clamp(fraction, 0, 1) * (RAMP.length - 1);
        int below = Math.min((int) place, RAMP.length - 2);
        return new Ink("", mix(RAMP[below], RAMP[below + 1], place - below), 1);
    }

    /** The same, for areas behind curves. */
    Ink faint() {
        return new Ink(role, rgb, FAINT);
    }

    /**
     * One colour over another, channel by channel.
     *
     * @param share of the colour on top, 0 to 1
     */
    static int mix(int below, int above, double share) {
        int mixed = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            int from = below >> shift & 0xff;
            int to = above >> shift & 0xff;
            mixed |= (int) Math.round(from + (to - from) * share) << shift;
        }
        return mixed;
    }
}
