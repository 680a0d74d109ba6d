/** Trained models in the forms of other programs: safetensors, NumPy, ONNX. */
@NullMarked
package dev.gossamer.fl.export;

import org.jspecify.annotations.NullMarked;
