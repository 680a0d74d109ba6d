package dev.gossamer.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class GeometryTest {

    @Test
    void aLinearLayerIsAConvolutionOfTheWholePlane() {
        Geometry plain = Geometry.linear(784, 128);
        assertThat(plain.isLinear()).isTrue();
        assertThat(plain.rows()).isEqualTo(128);
        assertThat(plain.cols()).isEqualTo(784);
        assertThat(plain.size()).isEqualTo(128 * 784);
        assertThat(plain.inShape(3)).isEqualTo(Shape.of(784, 3));
        assertThat(plain.outShape(3)).isEqualTo(Shape.of(128, 3));
        Geometry plane = Geometry.linear(new Shape(16, 5, 5, 1), 120);
        assertThat(plane.isLinear()).isTrue();
        assertThat(plane.cols()).isEqualTo(400);
        assertThat(plane.inShape(2)).isEqualTo(new Shape(16, 5, 5, 2));
        assertThat(plane.outShape(2)).isEqualTo(Shape.of(120, 2));
        assertThat(Geometry.matrix(3, 4).rows()).isEqualTo(3);
        assertThat(Geometry.matrix(3, 4).cols()).isEqualTo(4);
    }

    @Test
    void aConvolutionHasTheSizesOfItsFormula() {
        Geometry same = new Geometry(3, 32, 32, 64, 3, 3, 1, 1);
        assertThat(same.isLinear()).isFalse();
        assertThat(same.cols()).isEqualTo(27);
        assertThat(same.outShape(8)).isEqualTo(new Shape(64, 32, 32, 8));
        Geometry strided = new Geometry(3, 7, 9, 4, 3, 3, 2, 0);
        assertThat(strided.outHeight()).isEqualTo(3);
        assertThat(strided.outWidth()).isEqualTo(4);
        assertThat(new Geometry(3, 4, 4, 8, 4, 4, 1, 1).isLinear()).isFalse();
    }

    @Test
    void refusesWhatIsNoGeometry() {
        assertThatThrownBy(() -> new Geometry(0, 1, 1, 1, 1, 1, 1, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Geometry(1, 4, 4, 1, 5, 4, 1, 0))
                .hasMessageContaining("5x4")
                .hasMessageContaining("4x4");
        assertThatThrownBy(() -> new Geometry(1, 4, 4, 1, 3, 3, 0, 0)).hasMessageContaining("stride 0");
        assertThatThrownBy(() -> Geometry.linear(0, 5)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesShapesThatAreNone() {
        assertThatThrownBy(() -> Shape.of(0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0x1x1x1");
        assertThatThrownBy(() -> Shape.of(1, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Shape(1 << 20, 1 << 6, 1 << 6, 1)).hasMessageContaining("2^31");
        assertThat(Shape.of(3, 0).size()).isZero();
        assertThat(Shape.of(1 << 20, 1 << 20).size()).isEqualTo(1L << 40);
        assertThat(Shape.of(3, 4).withBatch(9)).isEqualTo(Shape.of(3, 9));
        assertThat(Shape.of(6, 4).sameFeatures(new Shape(1, 2, 3, 4))).isFalse();
    }

    @Test
    void refusesAMaskWithoutARelu() {
        Mask mask = new Mask() {
            @Override
            public Shape shape() {
                return Shape.of(1, 1);
            }

            @Override
            public Object owner() {
                return this;
            }
        };
        assertThatThrownBy(() -> new Epilogue(null, Activation.IDENTITY, mask))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("RELU");
        assertThat(new Epilogue(null, Activation.RELU, mask).mask()).isSameAs(mask);
    }
}
