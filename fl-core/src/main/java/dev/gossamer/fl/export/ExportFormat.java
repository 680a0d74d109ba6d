package dev.gossamer.fl.export;

import dev.gossamer.fl.run.SafeTensor;
import dev.gossamer.fl.run.Safetensors;
import java.io.IOException;
import java.nio.file.Path;

/** The forms in which models go to other programs. */
public enum ExportFormat {
    /** A state dictionary of the PyTorch module of the same layers, with the metadata. */
    SAFETENSORS("safetensors") {
        @Override
        public void write(Path file, PortableModel model) throws IOException {
            Safetensors.write(
                    file,
                    model.weights().tensors().stream()
                            .map(tensor -> SafeTensor.of(tensor.name(), tensor.shape(), tensor.values()))
                            .toList(),
                    model.metadata());
        }
    },

    /** An archive of NumPy's arrays under the same names. */
    NPY("npz") {
        @Override
        public void write(Path file, PortableModel model) throws IOException {
            NpyFile.write(file, model);
        }
    },

    /** The graph with its weights: see {@link OnnxExport}. */
    ONNX("onnx") {
        @Override
        public void write(Path file, PortableModel model) throws IOException {
            OnnxExport.write(file, model);
        }
    };

    private final String extension;

    ExportFormat(String extension) {
        this.extension = extension;
    }

    /** How names of such files end, without the dot. */
    public String extension() {
        return extension;
    }

    /** Creates or replaces a file, completely or not at all. */
    public abstract void write(Path file, PortableModel model) throws IOException;
}
