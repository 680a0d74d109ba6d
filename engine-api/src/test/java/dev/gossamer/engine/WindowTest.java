package dev.gossamer.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class WindowTest {

    @Test
    void dropsWindowsThatLeaveThePlane() {
        Shape plane = new Shape(3, 7, 5, 2);
        assertThat(Window.square(2).output(plane)).isEqualTo(new Shape(3, 3, 2, 2));
        assertThat(new Window(3, 3, 2, 1).output(plane)).isEqualTo(new Shape(3, 4, 3, 2));
        assertThat(Window.whole(plane).output(plane)).isEqualTo(new Shape(3, 1, 1, 2));
        assertThat(new Window(2, 1, 3, 0).output(plane)).isEqualTo(new Shape(3, 2, 2, 2));
    }

    @Test
    void knowsItsOutputs() {
        Shape plane = new Shape(3, 7, 5, 2);
        Window window = new Window(3, 3, 2, 1);

        assertThat(window.makes(plane, window.output(plane))).isTrue();
        assertThat(window.makes(plane, new Shape(3, 4, 2, 2))).isFalse();
        assertThat(window.makes(plane, new Shape(3, 3, 3, 2))).isFalse();
        assertThat(window.makes(plane, new Shape(2, 4, 3, 2))).isFalse();
        assertThat(window.makes(plane, new Shape(3, 4, 3, 1))).isFalse();
        assertThat(Window.square(8).makes(plane, new Shape(3, 1, 1, 2))).isFalse();
    }

    @Test
    void refusesWhatIsNoWindow() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Window(0, 1, 1, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new Window(1, 1, 0, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new Window(16, 16, 1, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new Window(2, 2, 1, 2));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Window.square(4).output(new Shape(1, 3, 9, 1)))
                .withMessageContaining("larger than the plane");
    }
}
