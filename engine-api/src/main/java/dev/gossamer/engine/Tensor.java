package dev.gossamer.engine;

/** A dense f32 tensor in the backend's memory. Opaque: {@code upload} and {@code download} move numbers. */
public interface Tensor extends Resource {

    Shape shape();

    Layout layout();

    /** Identity of the memory: a view has its whole's. Two tensors that share it must not be input and output of one op. */
    Object memory();
}
