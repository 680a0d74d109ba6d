package dev.gossamer.cuda.load;

import dev.gossamer.cuda.CudaProvider;
import dev.gossamer.engine.Availability.Available;
import dev.gossamer.engine.Availability.Unavailable;

/** Probes twice, in a child JVM, and prints what came of it. */
final class ProbeMain {

    private ProbeMain() {}

    public static void main(String[] args) {
        String before = System.getProperty("java.io.tmpdir");
        switch (new CudaProvider().probe()) {
            case Unavailable why -> {
                System.out.println("reason=" + why.reason());
                System.out.println("remedy=" + why.remedy());
                System.out.println("cause="
                        + (why.cause() == null ? "" : why.cause().getClass().getSimpleName()));
                Unavailable again = (Unavailable) new CudaProvider().probe();
                System.out.println("again="
                        + (why.reason().equals(again.reason()) && why.cause() == again.cause() ? "the same" : again));
            }
            case Available here -> System.out.println("device=" + here.device());
        }
        System.out.println("tmpdir=" + (System.getProperty("java.io.tmpdir").equals(before) ? "kept" : "changed"));
    }
}
