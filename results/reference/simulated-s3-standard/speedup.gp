set encoding utf8
set termoption noenhanced
set grid xtics ytics lt 1 lw 1 lc rgb '#e2e2e2'
set border 3 lc rgb '#555555'
set tics nomirror
set key top left reverse Left samplen 2
set terminal unknown
set title "Speedup over one request at a time (simulated: profile s3-standard)\n300 objects, 10 dates, 10 rounds; bars are 95 % intervals"
set xlabel 'requests, or partitions, at once'
set ylabel 'speedup'
set logscale x 2
set logscale y 2
set xrange [0.8:*]
set yrange [0.5:*]
plot x title 'ideal' with lines dt 2 lc rgb '#777777', 7.61032 title sprintf('ceiling of whole partitions, %.1f', 7.61032) with lines dt 4 lc rgb '#009E73', 'speedup.dat' index 0 using 1:2:3:4 title 'fan-out over objects' with yerrorlines lw 2 pt 7 lc rgb '#0072B2', '' index 1 using 1:2:3:4 title 'fan-out over partitions' with yerrorlines lw 2 pt 5 lc rgb '#D55E00', '+' using (64):(30.1079):('27.9 times') every ::0::0 notitle with labels offset 0,1.6 font ',15'
set terminal svg size 900,560 dynamic enhanced font 'DejaVu Sans,14' background '#ffffff'
set output 'speedup.svg'
replot
set terminal pngcairo size 1200,750 font 'DejaVu Sans,13' background '#ffffff'
set output 'speedup.png'
replot
unset output
