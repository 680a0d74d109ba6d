package dev.gossamer.fl.run;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.nn.Evaluation;

/** Tests a global model. */
@FunctionalInterface
public interface Evaluator {

    /** The model on all test samples. */
    Evaluation evaluate(ModelState model);
}
