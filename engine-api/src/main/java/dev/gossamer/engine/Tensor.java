package dev.gossamer.engine;

/** A dense f32 tensor in the backend's memory. Opaque: {@code upload} and {@code download} move numbers. */
public interface Tensor extends Resource {

    Shape shape();

    Layout layout();
}
